// What the DOM's types lack, and the global that reco.ts makes.

interface Navigator {
    readonly globalPrivacyControl?: boolean;
}

interface Document {
    readonly prerendering?: boolean;
}

interface Window {
    reco: any;
}
