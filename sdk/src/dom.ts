// Reading the page.

export const ITEM = '[data-reco-item]';
export const BLOCK = '[data-reco-block]';

// An element's own methods may not be: in a form, the field that is called
// "closest" stands in for one.  So the document's element lends its, and
// what is no element has none around it.

export const around = (node: any, selector: string): any => {
    try {
        return document.documentElement.closest.call(node, selector);
    } catch {}
};

export const all = (selector: string, root: ParentNode = document) =>
    [...root.querySelectorAll<HTMLElement>(selector)];

// The attribute of the innermost element around that has it.
export const said = (node: any, name: string) => {
    try {
        return document.documentElement.getAttribute.call(
            around(node, `[${name}]`), name);
    } catch {}
};

// Capturing, so that a page's stopPropagation() hides nothing.
export const on = (names: string, listener: (event: any) => void) =>
    names.split(' ').map((name) => addEventListener(name, listener, true));
