<?php
/** Hands on what comes on a port to another: relay.php PORT HOST:PORT */

[, $port, $upstream] = $argv;
$server = stream_socket_server("tcp://127.0.0.1:$port");
$streams = [$server];
$others = [];
while (true) {
    $readable = $streams;
    $none = null;
    stream_select($readable, $none, $none, null);
    foreach ($readable as $stream) {
        if ($stream === $server) {
            $client = stream_socket_accept($server);
            $api = $client ? @stream_socket_client("tcp://$upstream") : false;
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
