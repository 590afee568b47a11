// What the attributes on an element, or around it, say.

import { Fields } from './event';
import { said } from './dom';

export const describe = (element: HTMLElement) => {
    const fields: any = {};

    // From the fifth on they are numbers.
    'block item currency req value qty rank price'.split(' ').map((name, i) => {
        const value = said(element, 'data-reco-' + name);

        if (value) fields[i ? name : 'slot'] = i < 4 ? value : +value;
    });

    return fields as Fields;
};
