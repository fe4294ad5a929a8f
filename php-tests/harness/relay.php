<?php
/**
 * Hands on what comes on a port to another: relay.php PORT HOST:PORT [MS]; with MS so many milliseconds later, as if the other were far away.
 *
 * What it cannot lengthen is TCP's own handshake, which the kernel does before anybody accepts: so the first that a client says is later by
 * that round trip, too. Packets are not imitated: nothing is lost, and a long answer does not take more round trips than a short one.
 */

[, $port, $upstream] = $argv;
$delay = (int) (1e6 * ($argv[3] ?? 0));
// Otherwise what is sent in two pieces takes 40 ms longer (Nagle, delayed acknowledgement).
$context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
// While the way was cut, a connection of somebody's may have got this port.
for ($i = 0; $i < 500 && !($server = @stream_socket_server("tcp://127.0.0.1:$port", $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context)); $i++, usleep(10_000));
$server || exit("port $port: $message");
$streams = [$server];
$others = [];
// What is on its way, by the stream that it came from: when it arrives, and what it is, '' for the end.
$under_way = [];
$handshake = [];
while (true) {
    $readable = $streams;
    $none = null;
    $next = min([PHP_INT_MAX, ...array_map(fn ($chunks) => $chunks[0][0] ?? PHP_INT_MAX, $under_way)]);
    $next === PHP_INT_MAX ? stream_select($readable, $none, $none, null) : stream_select($readable, $none, $none, 0, max(0, intdiv($next - hrtime(true), 1000) + 1));
    foreach ($readable as $stream) {
        if ($stream === $server) {
            $client = stream_socket_accept($server);
            $api = $client ? @stream_socket_client("tcp://$upstream", $code, $message, 5, STREAM_CLIENT_CONNECT, $context) : false;
            if ($api) {
                foreach ([[$client, $api], [$api, $client]] as [$one, $other]) {
                    stream_set_read_buffer($one, 0);
                    $streams[(int) $one] = $one;
                    $others[(int) $one] = $other;
                    $under_way[(int) $one] = [];
                }
                $handshake[(int) $client] = 2 * $delay;
            }
            continue;
        }
        $id = (int) $stream;
        $bytes = (string) @fread($stream, 65536);
        $arrives = hrtime(true) + $delay + ($handshake[$id] ?? 0);
        unset($handshake[$id]);
        // Nothing overtakes what went before it.
        $under_way[$id][] = [max($arrives, end($under_way[$id])[0] ?? 0), $bytes];
        if ($bytes === '') {
            unset($streams[$id]);
        }
    }
    foreach ($under_way as $id => &$chunks) {
        while ($chunks && $chunks[0][0] <= hrtime(true)) {
            [, $bytes] = array_shift($chunks);
            if ($bytes !== '') {
                // Blocks until all is written: what is sent here is small.
                @fwrite($others[$id], $bytes);
                continue;
            }
            // What one side has ended the other may still answer to.
            @stream_socket_shutdown($others[$id], STREAM_SHUT_WR);
            unset($others[$id], $under_way[$id]);
        }
    }
    unset($chunks);
}
