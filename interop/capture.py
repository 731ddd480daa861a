# SPDX-License-Identifier: MIT
"""A listener: passes a connection on, and writes what it saw as a pcap file that tshark decodes."""

import select
import socket
import struct
import threading

CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 443)
SEGMENT = 1400


class Listener:
    """Between a client and the port of a server on loopback; one connection."""

    def __init__(self, port):
        self.seen = []  # (True from the client, bytes), in the order they passed
        self.target = port
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            client, _ = self.socket.accept()
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                self.carry(client, server)
        except OSError:
            pass  # what is missing in the capture tells the story

    def carry(self, client, server):
        other, open_ends = {client: server, server: client}, [client, server]
        while open_ends:
            for source in select.select(open_ends, [], [], 20)[0]:
                octets = source.recv(65536)
                if octets:
                    self.seen.append((source is client, octets))
                    other[source].sendall(octets)
                else:
                    open_ends.remove(source)
                    other[source].shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def octets(self):
        return b"".join(octets for _, octets in self.seen)

    def write(self, path):
        """As packets of raw IPv4: tshark reassembles the stream."""
        sequence = {True: 1, False: 1}
        with open(path, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
            packets = [(True, b"", 2), (False, b"", 18)]  # SYN, SYN ACK
            for from_client, octets in self.seen:
                packets += [(from_client, octets[at : at + SEGMENT], 24) for at in range(0, len(octets), SEGMENT)]
            for number, (from_client, octets, flags) in enumerate(packets):
                offset = -1 if flags & 2 else 0
                packet = ip_packet(from_client, sequence[from_client] + offset, sequence[not from_client], flags, octets)
                sequence[from_client] += len(octets)
                file.write(struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet)


def ip_packet(from_client, sequence, acknowledged, flags, octets):
    source, target = (CLIENT, SERVER) if from_client else (SERVER, CLIENT)
    tcp = struct.pack("!HHIIBBHHH", source[1], target[1], sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp) + len(octets), 0, 0, 64, 6, 0,
                       socket.inet_aton(source[0]), socket.inet_aton(target[0]))  # fmt: skip
    return head + tcp + octets
