// What the attributes on an element, or around it, say.

import { Fields } from './event';

export const describe = (element: HTMLElement) => {
    const fields: any = {};

    // From the fifth on they are numbers.
    'block item req currency rank qty price value'.split(' ').map((name, i) => {
        const attribute = 'data-reco-' + name;
        const value = element.closest(`[${attribute}]`)
            ?.getAttribute(attribute);

        if (value) fields[i ? name : 'slot'] = i < 4 ? value : +value;
    });

    return fields as Fields;
};
