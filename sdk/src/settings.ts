// What the site wrote on the script tag: data-item, data-endpoint, data-api,
// data-consent.  A bundled copy has no tag and takes the defaults.

const tag = document.currentScript as HTMLElement | null;

export const settings: DOMStringMap = tag ? tag.dataset : {};
