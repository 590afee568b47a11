// What the site wrote on the script tag: data-item, data-consent,
// data-endpoint, data-api.  A bundled copy has no tag and takes the defaults;
// nothing is taken from what a page may have added to Object.prototype.

// An <img name=currentScript data-api=...> in somebody's review stands in for that
// tag; but of all elements a script alone has a noModule that is false.
export const {
    item: given,
    consent: asked,
    api = '/reco/v1/',
    endpoint = '/reco/beacon',
}: any = {
    __proto__: null,
    ...(document.currentScript as any)?.noModule == 0 &&
        document.currentScript!.dataset,
};

// The snippet that keeps calls until this file is here, or an earlier copy.
export const stub = window.reco;
