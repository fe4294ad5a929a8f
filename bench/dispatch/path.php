<?php

/**
 * The ways over a long way, in turns: 40 ms there and back, by a relay. A new process's first dispatch, which has to connect; and later ones.
 *
 * A round trip is what one byte takes there and back over such a relay in the same run.
 */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/sender.php';
require __DIR__ . '/table.php';
require __DIR__ . '/../../php-tests/harness/server.inc';
require __DIR__ . '/../../php-tests/harness/background.inc';

const ONE_WAY_MS = 20;

$rounds = (int) (getenv('ROUNDS') ?: 20);
$perRound = (int) (getenv('PER_ROUND') ?: 10);
[$relay, $port] = relay(parse_url(endpoint('tls13'), PHP_URL_PORT));
$field = new Field("https://localhost:$port/orders");
$order = Field::file('order.json', order_of(833));
$ping = ping();
foreach (Field::turns(['a byte', 'floor', ...Field::SHOPS], $rounds) as $name) {
    if ($name === 'a byte') {
        $trips[] = array_map($ping, range(1, $perRound));
        continue;
    }
    $sender = new Sender($field, $name, $order);
    $first[$name][] = $sender->send(1)['times'];
    $later[$name][] = $sender->send(Field::share($name, $perRound))['times'];
}
$median = fn (array $turns): float => quantile(array_merge(...$turns), 0.5) / 1e6;
$rows = [];
foreach ($first as $name => $turns) {
    $rows[$name] = [ratio($turns, $trips), ratio($later[$name], $trips), $median($turns), $median($later[$name])];
}
echo about(), "\n\n";
table(sprintf("An order of %d bytes, in round trips of %.2f ms, medians of $rounds processes' first dispatch, and of $perRound later ones in each", filesize($order), $median($trips)),
    ['first' => '%9.2f', 'later' => '%9.3f', 'first, ms' => '%9.1f', 'later, ms' => '%9.1f'], $rows);

/** A relay to a port, and the port that it has. */
function relay(int $upstream): array
{
    $port = free_port();
    $relay = new Background([PHP_BINARY, '-n', __DIR__ . '/../../php-tests/harness/relay.php', (string) $port, "localhost:$upstream", (string) ONE_WAY_MS], getenv('WORK') . '/relay.out');
    $relay->wait(fn () => @stream_socket_client("tcp://127.0.0.1:$port"));
    return [$relay, $port];
}

/** Sends a byte over a relay and back; returns what that took, in ns. */
function ping(): Closure
{
    $server = stream_socket_server('tcp://127.0.0.1:0');
    [$relay, $port] = relay((int) substr(strrchr(stream_socket_get_name($server, false), ':'), 1));
    // The relay was found to be there by a connection of its own.
    stream_socket_accept($server);
    $near = stream_socket_client("tcp://127.0.0.1:$port");
    $far = stream_socket_accept($server);
    // $relay: it ends when nobody holds it.
    $ping = static function () use ($relay, $near, $far): int {
        $start = hrtime(true);
        foreach ([[$near, $far], [$far, $near]] as [$from, $to]) {
            fwrite($from, '.');
            fread($to, 1);
        }
        return hrtime(true) - $start;
    };
    // The first byte pays for the connection.
    $ping();
    return $ping;
}
