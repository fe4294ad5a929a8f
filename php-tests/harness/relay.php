<?php
/** Hands on what comes on a port to another: relay.php PORT HOST:PORT */

[, $port, $upstream] = $argv;
// Otherwise what is sent in two pieces takes 40 ms longer (Nagle, delayed acknowledgement).
$context = stream_context_create(['socket' => ['tcp_nodelay' => true]]);
// While the way was cut, a connection of somebody's may have got this port.
for ($i = 0; $i < 500 && !($server = @stream_socket_server("tcp://127.0.0.1:$port", $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context)); $i++, usleep(10_000));
$server || exit("port $port: $message");
$streams = [$server];
$others = [];
while (true) {
    $readable = $streams;
    $none = null;
    stream_select($readable, $none, $none, null);
    foreach ($readable as $stream) {
        if ($stream === $server) {
            $client = stream_socket_accept($server);
            $api = $client ? @stream_socket_client("tcp://$upstream", $code, $message, 5, STREAM_CLIENT_CONNECT, $context) : false;
            if ($api) {
                foreach ([[$client, $api], [$api, $client]] as [$one, $other]) {
                    stream_set_read_buffer($one, 0);
                    $streams[(int) $one] = $one;
                    $others[(int) $one] = $other;
                }
            }
            continue;
        }
        $other = $others[(int) $stream];
        $bytes = @fread($stream, 65536);
        if ($bytes !== '' && $bytes !== false) {
            // Blocks until all is written: what is sent here is small.
            @fwrite($other, $bytes);
            continue;
        }
        unset($streams[(int) $stream], $others[(int) $stream]);
        // What one side has ended the other may still answer to.
        @stream_socket_shutdown($other, STREAM_SHUT_WR);
    }
}
