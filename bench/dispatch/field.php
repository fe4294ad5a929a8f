<?php

declare(strict_types=1);

require __DIR__ . '/../../php-tests/harness/testbed.inc';

/** Those that are compared: each a process of its own, which sends when it is its turn. */
final class Field
{
    /** Name => whether a dispatch is so slow that few will do. */
    private const CONTENDERS = [
        'floor' => false, 'hyper' => false, 'secure_dispatch' => false, 'with a line in the log' => false, 'persistent stream' => false, 'cURL, handle reused' => false,
        'Guzzle' => false, 'Symfony HttpClient' => false, 'cURL, fresh' => true, 'WordPress Requests' => true, 'cURL, fresh, CA bundle' => true,
    ];
    private const API_KEY = 'k-0123456789-of-the-bench';
    private const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

    private array $environment;

    public function __construct()
    {
        control('POST', '/recording', ['on' => false]);
        file_put_contents(getenv('WORK') . '/api_key', self::API_KEY);
        chmod(getenv('WORK') . '/api_key', 0600);
        file_put_contents($bundle = getenv('WORK') . '/bundle.pem', @file_get_contents(self::BUNDLE) . file_get_contents(testbed()['ca']));
        $this->environment = getenv() + ['ENDPOINT' => endpoint('tls13'), 'CA' => testbed()['ca'], 'CA_BUNDLE' => $bundle, 'API_KEY' => self::API_KEY,
            'GUZZLE' => '/usr/share/php/GuzzleHttp/autoload.php', 'SYMFONY' => '/usr/share/php/Symfony/Component/HttpClient/autoload.php', 'WORDPRESS' => getenv('WORDPRESS_DIR') ?: '/usr/share/wordpress'];
    }

    /** The machine, the versions, the date. */
    public function about(): string
    {
        $cpu = preg_match('/model name\s*:\s*(.*)/', (string) @file_get_contents('/proc/cpuinfo'), $found) ? $found[1] : php_uname('m');
        $rust = trim((string) shell_exec('rustc --version'));
        return date('Y-m-d') . ", $cpu, " . trim((string) shell_exec('nproc')) . ' cores, ' . php_uname('s') . ' ' . php_uname('r') . ', PHP ' . PHP_VERSION . ', ' . curl() . ", $rust";
    }

    /** Median, 99th percentile and CPU time, in µs, by name; slow ones have a quarter of the turns, and send a tenth in each. */
    public function measure(int $bytes, int $rounds, int $perRound): array
    {
        $body = getenv('WORK') . "/order-$bytes.json";
        file_put_contents($body, json_encode(order_of($bytes), JSON_UNESCAPED_UNICODE));
        $running = $times = $cpu = [];
        foreach (self::CONTENDERS as $name => $isSlow) {
            $running[$name] = $this->start($name, $bytes, $body);
            // Connections are made, caches filled.
            $this->ask($running[$name], $isSlow ? 2 : 200);
        }
        for ($round = 0; $round < $rounds; $round++) {
            $names = array_keys($running);
            // Nobody always comes after the same one.
            shuffle($names);
            foreach ($names as $name) {
                if (self::CONTENDERS[$name] && $round % 4) {
                    continue;
                }
                $answer = $this->ask($running[$name], self::CONTENDERS[$name] ? max(1, intdiv($perRound, 10)) : $perRound);
                $times[$name] = [...$times[$name] ?? [], ...$answer['times']];
                $cpu[$name] = ($cpu[$name] ?? 0) + $answer['cpu'];
            }
        }
        $table = [];
        foreach ($times as $name => $all) {
            sort($all);
            $table[$name] = [$all[intdiv(count($all), 2)] / 1000, $all[(int) (0.99 * count($all))] / 1000, $cpu[$name] / count($all)];
        }
        array_map($this->end(...), $running);
        uasort($table, fn (array $one, array $other) => $one[0] <=> $other[0]);
        return $table;
    }

    private function start(string $name, int $bytes, string $body): array
    {
        $command = in_array($name, ['floor', 'hyper'], true) ? [getenv('FLOOR'), $name, $body] : [PHP_BINARY, '-n', ...self::settings($name), __DIR__ . '/contender.php', $name, (string) $bytes];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], STDERR], $pipes, null, $this->environment);
        return [$process, ...$pipes];
    }

    /** Everything is on that is on in a shop: the built-in schema, the log, hardening, the breaker. */
    private static function settings(string $name): array
    {
        $settings = ['extension' => 'curl', 'display_errors' => 'stderr', 'error_reporting' => (string) (E_ALL & ~E_DEPRECATED)];
        if (!str_starts_with($name, 'secure') && !str_starts_with($name, 'with')) {
            return self::flags($settings);
        }
        return [...self::flags(['extension' => getenv('EXTENSION')]), ...self::flags(['secure_dispatch.endpoint' => endpoint('tls13'), 'secure_dispatch.ca_file' => testbed()['ca'],
            'secure_dispatch.api_key_file' => getenv('WORK') . '/api_key', 'secure_dispatch.log' => getenv('WORK') . '/dispatch.log',
            'secure_dispatch.log_level' => $name === 'secure_dispatch' ? 'warning' : 'info'])];
    }

    private static function flags(array $settings): array
    {
        return array_merge(...array_map(fn (string $name, string $value) => ['-d', "$name=$value"], array_keys($settings), $settings));
    }

    private function ask(array $contender, int $count): array
    {
        [, $in, $out] = $contender;
        fwrite($in, "$count\n");
        return json_decode((string) fgets($out), true, flags: JSON_THROW_ON_ERROR);
    }

    private function end(array $contender): void
    {
        fclose($contender[1]);
        proc_close($contender[0]);
    }
}

/** The version of PHP's cURL and its TLS library. */
function curl(): string
{
    $version = json_decode((string) shell_exec(escapeshellarg(PHP_BINARY) . " -n -d extension=curl -r 'echo json_encode(curl_version());'"), true);
    return "cURL $version[version] with $version[ssl_version]";
}
