// Whether anything may be kept or sent: true, false, or undefined while a
// consent platform has not answered yet.

import { settings } from './settings';

const refused = (navigator as any).doNotTrack == 1 || navigator.globalPrivacyControl;

export let consent = settings.consent ? undefined : !refused;

// A signal of the visitor's browser outweighs what the page says.
export const decide = (answer: boolean) => {
    consent = answer && !refused;
};
