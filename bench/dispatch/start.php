<?php

/** What the extension costs before it sends: the start of a process, its first dispatch, memory, the file's size. */

declare(strict_types=1);

require __DIR__ . '/order.php';
require __DIR__ . '/sender.php';
require __DIR__ . '/table.php';

const CURL = 'cURL, handle reused';

$rounds = (int) (getenv('ROUNDS') ?: 40);
$dispatches = (int) (getenv('DISPATCHES') ?: 100_000);
$field = new Field();
$order = Field::file('order.json', order_of(833));
echo about(), "\n\n";
start($field, $rounds);
first($field, $order, $rounds);
memory($field, $order, $dispatches, $rounds);
$stripped = getenv('WORK') . '/stripped.so';
exec('strip -o ' . escapeshellarg($stripped) . ' ' . escapeshellarg(getenv('EXTENSION')));
printf("The extension's file, stripped: %.1f MB\n", filesize($stripped) / 1e6);

/** A whole process that does nothing. */
function start(Field $field, int $rounds): void
{
    $times = [];
    foreach (Field::turns([Field::NOBODY, CURL, 'secure_dispatch'], 5 * $rounds) as $name) {
        $start = hrtime(true);
        proc_close(proc_open([...$field->php($name), '-r', ''], [], $pipes));
        $times[$name][] = hrtime(true) - $start;
    }
    $php = quantile($times[Field::NOBODY], 0.5);
    $rows = [];
    foreach (['php -n' => Field::NOBODY, 'with cURL' => CURL, 'with secure_dispatch' => 'secure_dispatch'] as $title => $name) {
        $median = quantile($times[$name], 0.5);
        $rows[$title] = [$median / 1e6, ($median - $php) / 1e6];
    }
    table('A whole process that does nothing, ms, ' . 5 * $rounds . ' of each', ['median' => '%9.2f', 'more' => '%7.2f'], $rows);
}

/** The first dispatch of a process. */
function first(Field $field, string $order, int $rounds): void
{
    $times = [];
    foreach (Field::turns(Field::SHOPS, $rounds) as $name) {
        $times[$name][] = (new Sender($field, $name, $order))->send(1)['times'][0];
    }
    table("A process's first dispatch, ms, $rounds of each", ['median' => '%9.2f', 'p99' => '%9.2f'], array_map(fn (array $all) => [quantile($all, 0.5) / 1e6, quantile($all, 0.99) / 1e6], $times));
}

/** Resident memory over that of PHP, in its life's course; medians, since where PHP is loaded to changes it from process to process. After many: the first's, and what one process grows by. */
function memory(Field $field, string $order, int $dispatches, int $rounds): void
{
    $names = ['secure_dispatch', 'persistent stream', CURL];
    $resident = [];
    foreach (Field::turns([Field::NOBODY, ...$names], $rounds) as $name) {
        $sender = new Sender($field, $name, $order);
        foreach ([0, 1] as $sent) {
            $resident[$name][$sent][] = $sender->send($sent)['resident'];
        }
    }
    $php = quantile($resident[Field::NOBODY][0], 0.5);
    $rows = [];
    foreach ($names as $name) {
        $sender = new Sender($field, $name, $order);
        $once = $sender->send(1)['resident'];
        // A thousand at a time, so that their times take no memory.
        for ($sent = 0; $sent < $dispatches; $sent += 1000) {
            $last = $sender->send(1000)['resident'];
        }
        [$loaded, $first] = [quantile($resident[$name][0], 0.5), quantile($resident[$name][1], 0.5)];
        $rows[$name] = array_map(fn (int $kib) => ($kib - $php) / 1024, [$loaded, $first, $first + $last - $once]);
    }
    table(sprintf("Resident memory over the %.1f MiB of php -n: loaded, after the first dispatch, after %s, MiB", $php / 1024, number_format($dispatches)),
        ['loaded' => '%9.1f', 'first' => '%9.1f', 'last' => '%9.1f'], $rows);
}
