// SPDX-License-Identifier: MIT
// Node's tls as a client and as a server, with nothing but what node brings.
//
//   peer.js server PORT cert=FILE key=FILE [ca=FILE] [count=N] …     echoes; with ca it requires client certificates
//   peer.js client PORT ca=FILE [cert=FILE key=FILE] [count=N] …     sends a line and wants it back, N times, resuming; lines=N in each
//
// Both: min=1.2|1.3, max=1.2|1.3, groups=X25519:P-256:P-384:P-521. A line on stdout per connection says what was agreed.
'use strict';
const fs = require('node:fs');
const tls = require('node:tls');

const HOST = '127.0.0.1', NAME = 'server.test', LINE = 'a line of payload\n';
const [play, port, ...words] = process.argv.slice(2);
const asked = { count: '1', lines: '1', ...Object.fromEntries(words.map((word) => word.split('='))) };

function fail(problem) {
    console.error('node:', problem.message);
    process.exit(1);
}

function configuration() {
    const made = {};
    for (const file of ['cert', 'key', 'ca']) if (asked[file]) made[file] = fs.readFileSync(asked[file]);
    if (asked.min) made.minVersion = 'TLSv' + asked.min;
    if (asked.max) made.maxVersion = 'TLSv' + asked.max;
    if (asked.groups) made.ecdhCurve = asked.groups;
    return made;
}

function tell(socket) {
    const peer = socket.getPeerCertificate().subject?.CN ?? '-';
    const group = socket.getEphemeralKeyInfo?.()?.name; // a client's socket alone knows it, and not in every handshake
    console.log(`agreed version=${socket.getProtocol().replace('v', '')} suite=${socket.getCipher().standardName}` +
        (group ? ` group=${group}` : '') + ` resumed=${socket.isSessionReused() ? 'yes' : 'no'} peer=${peer}`);
}

function serve() {
    let left = Number(asked.count);
    const required = { requestCert: Boolean(asked.ca), rejectUnauthorized: Boolean(asked.ca) };
    // Sessions of clients with certificates are kept under a name (SSL_CTX_set_session_id_context)
    const server = tls.createServer({ ...configuration(), ...required, sessionIdContext: 'interop' }, (socket) => {
        tell(socket);
        socket.on('error', fail);
        socket.on('data', (octets) => socket.write(octets));
        socket.on('close', () => { if (--left === 0) server.close(); });
    });
    server.on('tlsClientError', fail);
    server.listen(Number(port), HOST);
}

function connect(left, session) {
    if (left === 0) return;
    const all = LINE.repeat(Number(asked.lines));
    let back = '', kept = session;
    const socket = tls.connect({ ...configuration(), host: HOST, port: Number(port), servername: NAME, session });
    socket.on('error', fail);
    socket.on('session', (given) => { kept = given; });
    socket.on('secureConnect', () => socket.write(LINE));
    socket.on('data', (octets) => {
        back += octets;
        if (!back.endsWith('\n')) return;
        if (!all.startsWith(back)) fail(new Error(`the echo is ${JSON.stringify(back)}`));
        if (back !== all) return void socket.write(LINE);
        tell(socket);
        socket.end();
    });
    socket.on('close', () => {
        if (back !== all) fail(new Error('closed before the echo'));
        connect(left - 1, kept);
    });
}

if (play === 'server') serve();
else connect(Number(asked.count));
