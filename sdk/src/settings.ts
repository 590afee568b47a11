// What the site wrote on the script tag: data-item, data-consent,
// data-endpoint, data-api.  A bundled copy has no tag and takes the defaults.

export const {
    item: given,
    consent: asked,
    endpoint = '/reco/beacon',
    api = '/reco/v1/',
}: DOMStringMap = (document.currentScript as HTMLElement)?.dataset || {};

// The snippet that keeps calls until this file is here, or an earlier copy.
export const stub = window.reco;
