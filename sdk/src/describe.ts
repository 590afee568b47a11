// What the attributes on an element, or around it, say.

import { Fields } from './event';

export const describe = (element: HTMLElement) => {
    const fields: any = {};

    // From the fifth on they are numbers.
    'block item req currency rank qty price value'.split(' ').map((name, i) => {
        const value = element.closest(`[data-reco-${name}]`)
            ?.getAttribute('data-reco-' + name);

        if (value) fields[i ? name : 'slot'] = i < 4 ? value : +value;
    });

    return fields as Fields;
};
