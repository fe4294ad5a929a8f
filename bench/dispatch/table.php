<?php

declare(strict_types=1);

/** The machine, the versions, the date. */
function about(): string
{
    $cpu = preg_match('/model name\s*:\s*(.*)/', (string) @file_get_contents('/proc/cpuinfo'), $found) ? str_replace(['(R)', '(TM)'], '', $found[1]) : php_uname('m');
    $kernel = implode('.', array_slice(explode('.', php_uname('r')), 0, 2));
    $curl = json_decode((string) shell_exec(escapeshellarg(PHP_BINARY) . " -n -d extension=curl -r 'echo json_encode(curl_version());'"), true);
    $rust = implode(' ', array_slice(explode(' ', (string) shell_exec('rustc --version')), 0, 2));
    return date('Y-m-d') . ", $cpu, " . trim((string) shell_exec('nproc --all')) . " cores, Linux $kernel, PHP " . PHP_VERSION . ", cURL $curl[version] with $curl[ssl_version], $rust";
}

/** Such a share of the values is below it: 0.5 for the median. */
function quantile(array $values, float $share): float
{
    sort($values);
    return $values[(int) ($share * count($values))];
}

/** How many times as much: the median of turn by turn, since a machine that is busy for a while is so for both. */
function ratio(array $turns, array $others): float
{
    return quantile(array_map(fn (array $turn, array $other) => quantile($turn, 0.5) / quantile($other, 0.5), $turns, $others), 0.5);
}

/** Prints a table, fastest first. `$columns`: printf's format of each, by its name; `$rows`: their numbers, by name. */
function table(string $title, array $columns, array $rows): void
{
    uasort($rows, fn (array $one, array $other) => $one[0] <=> $other[0]);
    echo "$title\n\n", str_repeat(' ', 26);
    foreach ($columns as $name => $format) {
        printf(' %' . (int) substr($format, 1) . 's', $name);
    }
    foreach ($rows as $name => $numbers) {
        printf("\n%-26s " . implode(' ', $columns), $name, ...$numbers);
    }
    echo "\n\n";
}
