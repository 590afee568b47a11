// reco(command, argument): the one global; and what starts by itself.

import { adopt, allow, emit, send } from './delivery';
import { watch } from './impression';
import { hover } from './pointer';
import { item, look, report } from './page';
import { on } from './dom';
import { update } from './update';
import { api, stub } from './settings';

const enum Period {
    HEARTBEAT = 15000,
    SCAN = 200,
}

const reco: any = (command: string, argument?: any) => {
    if (command == 'view') look(argument);
    else if (command == 'consent') allow(argument);
    else if (command == 'forget') {
        allow();
        navigator.sendBeacon(api + command);
    } else emit(command, { item, ...argument }, update);
};

const start = () => {
    let scanning: any;

    const scan = () => {
        scanning = look();
        watch();
    };

    adopt();
    stub?.q?.map?.((call: any) => reco(...call));
    scan();
    new MutationObserver(() => {
        scanning ||= setTimeout(scan, Period.SCAN);
    }).observe(document, {
        childList: true,
        attributeFilter: ['content', 'data-reco-page-item'],
        subtree: true,
    });

    on('online', () => send());
    on('pageshow', (event) => look(0, event.persisted));
    on('pagehide visibilitychange', () => {
        hover();
        report();
        send(true);
    });
    setInterval(report, Period.HEARTBEAT);
};

if (!stub?.v) {
    (window.reco = reco).v = 1;
    if (document.prerendering) on('prerenderingchange', start);
    else start();
}
