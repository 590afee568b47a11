// reco(command, argument): the one global; and what starts by itself.

import { act, hover, stated } from './pointer';
import { adopt, afterAct, discard, emit, send } from './delivery';
import { attention, report, scrolled } from './attention';
import { consent, decide } from './consent';
import { item, look } from './page';
import { on } from './dom';
import { settings } from './settings';
import { update } from './update';
import { watch } from './impression';

const enum Period {
    HEARTBEAT = 15000,
    SCAN = 200,
}

const commands: Record<string, (argument?: any) => void> = {
    view: look,
    consent(answer) {
        decide(answer);
        consent ? send() : discard();
    },
    forget() {
        commands.consent(false);
        navigator.sendBeacon((settings.api || '/reco/v1/') + 'forget');
    },
};

const reco: any = (command: string, argument?: object) =>
    commands[command] ? commands[command](argument)
        : emit(command, { item, ...argument }, 1);

const start = () => {
    let scanning: number | undefined;

    const scan = () => {
        scanning = 0;
        look();
        watch();
        stated();
    };

    const leave = () => {
        hover();
        report(item);
        send(true);
    };

    attention(1);
    adopt();
    afterAct(update);
    scan();
    new MutationObserver(() => {
        scanning = scanning || setTimeout(scan, Period.SCAN);
    }).observe(document.documentElement, {
        childList: true,
        subtree: true,
        attributeFilter: ['content', 'data-reco-page-item'],
    });

    on('focus blur pointermove click keydown scroll', attention);
    on('scroll', scrolled);
    on('pointerover', (event) => hover(event.target));
    on('pointerout', (event) => hover(event.relatedTarget));
    on('click auxclick', act);
    on('online', () => send());
    on('pageshow', (event) => look(null, event.persisted));
    on('visibilitychange pagehide', leave);
    setInterval(() => report(item), Period.HEARTBEAT);
};

const stub: any = window.reco || {};

// A second copy on the page stays silent.
if (!stub.v) {
    reco.v = 1;
    window.reco = reco;
    if (document.prerendering) on('prerenderingchange', start);
    else start();
    (stub.q || []).map((call: any) => reco(...call));
}
