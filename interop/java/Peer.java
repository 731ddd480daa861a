// SPDX-License-Identifier: MIT

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * OpenJDK's JSSE as a client and as a server.
 *
 * <pre>
 * Peer server PORT cert=FILE key=FILE [ca=FILE] [count=N] …   echoes; with ca it requires client certificates
 * Peer client PORT ca=FILE [cert=FILE key=FILE] [count=N] …   sends a line and wants it back, N times, resuming; lines=N in each
 * </pre>
 *
 * Both: min=1.2|1.3, max=1.2|1.3, groups=X25519:P-256:P-384:P-521; rekey=yes: a KeyUpdate behind the handshake.
 * A line on stdout per connection says what was agreed.
 */
final class Peer {
    private static final String NAME = "server.test";
    private static final byte[] LINE = "a line of payload\n".getBytes();
    private static final char[] NO_PASSWORD = {};
    private static final Map<String, String> GROUPS =
            Map.of("X25519", "x25519", "P-256", "secp256r1", "P-384", "secp384r1", "P-521", "secp521r1");

    private final Map<String, String> asked = new HashMap<>(Map.of("count", "1", "lines", "1", "min", "1.2", "max", "1.3"));
    private final int port;

    private Peer(String[] words) {
        port = Integer.parseInt(words[1]);
        for (String word : Arrays.copyOfRange(words, 2, words.length)) {
            String[] pair = word.split("=", 2);
            asked.put(pair[0], pair[1]);
        }
        if (asked.containsKey("groups")) { // read once, when the first context is made
            String[] names = asked.get("groups").split(":");
            System.setProperty("jdk.tls.namedGroups", String.join(",", Arrays.stream(names).map(GROUPS::get).toList()));
        }
    }

    private static Certificate[] certificates(String path) throws Exception {
        try (InputStream file = new FileInputStream(path)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(file).toArray(new Certificate[0]);
        }
    }

    private static PrivateKey key(String path, String algorithm) throws Exception {
        String text = Files.readString(Path.of(path)).replaceAll("-----[^-]*-----", "");
        byte[] pkcs8 = Base64.getMimeDecoder().decode(text);
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    private SSLContext context() throws Exception {
        KeyStore own = KeyStore.getInstance("PKCS12");
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        own.load(null, null);
        trusted.load(null, null);
        if (asked.containsKey("cert")) {
            Certificate[] chain = certificates(asked.get("cert"));
            own.setKeyEntry("own", key(asked.get("key"), chain[0].getPublicKey().getAlgorithm()), NO_PASSWORD, chain);
        }
        if (asked.containsKey("ca")) {
            trusted.setCertificateEntry("ca", certificates(asked.get("ca"))[0]);
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(own, NO_PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext made = SSLContext.getInstance("TLS");
        made.init(keys.getKeyManagers(), asked.containsKey("ca") ? trust.getTrustManagers() : null, null);
        return made;
    }

    private void limit(SSLSocket socket, boolean client) {
        SSLParameters wanted = socket.getSSLParameters();
        List<String> versions = new ArrayList<>();
        for (String version : List.of("1.2", "1.3")) {
            if (version.compareTo(asked.get("min")) >= 0 && version.compareTo(asked.get("max")) <= 0) {
                versions.add("TLSv" + version);
            }
        }
        wanted.setProtocols(versions.toArray(new String[0]));
        if (client) {
            wanted.setEndpointIdentificationAlgorithm("HTTPS");
        } else {
            wanted.setNeedClientAuth(asked.containsKey("ca"));
        }
        socket.setSSLParameters(wanted);
    }

    /** No call says whether a session was resumed: one that is keeps the time it was made at. */
    private static void tell(SSLSession session, long began) {
        String peer = "-";
        try {
            X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
            peer = leaf.getSubjectX500Principal().getName().replace("CN=", "");
        } catch (javax.net.ssl.SSLPeerUnverifiedException none) {
            // it showed none
        }
        System.out.printf("agreed version=%s suite=%s resumed=%s peer=%s%n", session.getProtocol().replace("v", ""),
                session.getCipherSuite(), session.getCreationTime() < began ? "yes" : "no", peer);
    }

    private void shakeHands(SSLSocket socket) throws IOException {
        socket.startHandshake();
        if (asked.containsKey("rekey")) {
            socket.startHandshake(); // again, in TLS 1.3: a KeyUpdate that asks for one
        }
    }

    private void serve() throws Exception {
        SSLContext made = context();
        try (ServerSocket listener = new ServerSocket(port, 8, InetAddress.getLoopbackAddress())) {
            for (int left = Integer.parseInt(asked.get("count")); left > 0; left--) {
                Socket plain = listener.accept();
                long began = System.currentTimeMillis();
                try (SSLSocket socket = (SSLSocket) made.getSocketFactory().createSocket(plain, null, true)) {
                    limit(socket, false);
                    shakeHands(socket);
                    tell(socket.getSession(), began);
                    socket.getInputStream().transferTo(socket.getOutputStream());
                }
                Thread.sleep(2); // sessions are told apart by milliseconds
            }
        }
    }

    private void connect() throws Exception {
        SSLContext made = context();
        for (int left = Integer.parseInt(asked.get("count")); left > 0; left--) {
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
            long began = System.currentTimeMillis();
            try (SSLSocket socket = (SSLSocket) made.getSocketFactory().createSocket(plain, NAME, port, true)) {
                limit(socket, true);
                shakeHands(socket);
                for (int lines = Integer.parseInt(asked.get("lines")); lines > 0; lines--) {
                    socket.getOutputStream().write(LINE);
                    byte[] back = socket.getInputStream().readNBytes(LINE.length);
                    if (!Arrays.equals(back, LINE)) {
                        throw new IllegalStateException("the echo is " + Arrays.toString(back));
                    }
                }
                tell(socket.getSession(), began);
                socket.shutdownOutput();
                socket.getInputStream().readAllBytes(); // until their close_notify
            }
            Thread.sleep(2);
        }
    }

    public static void main(String[] words) throws Exception {
        Peer peer = new Peer(words);
        if (words[0].equals("server")) {
            peer.serve();
        } else {
            peer.connect();
        }
    }
}
