<?php

declare(strict_types=1);

require_once __DIR__ . '/../../php-tests/harness/testbed.inc';

/** Everybody who is compared: their names (ways.php says what they do), and what each is started with. */
final class Field
{
    /** Programs without PHP: what nobody undercuts, and what the HTTP library beneath the extension takes. */
    public const WITHOUT_PHP = ['floor', 'hyper'];
    /** What a shop chooses between. */
    public const SHOPS = ['secure_dispatch', 'with a line in the log', 'persistent stream', 'cURL, handle reused', 'cURL, fresh', 'cURL, fresh, CA bundle'];
    public const LIBRARIES = ['Guzzle', 'Symfony HttpClient', 'WordPress Requests'];
    /** Ways to keep an order on disk, to be sent later. */
    public const ON_DISK = ['SQLite insert', 'into the outbox'];
    /** What a call does while the API hangs; and the least that processes take to write durably, one after the other. */
    public const IN_AN_OUTAGE = ['refused at once', 'queued at once', 'flock, fdatasync'];
    public const OUTAGE = '/outage';
    /** PHP itself: sends nothing. */
    public const NOBODY = 'nobody';
    /** Those whose dispatch takes so long that few will do. */
    private const SLOW = ['cURL, fresh', 'cURL, fresh, CA bundle', 'WordPress Requests'];
    private const API_KEY = 'k-0123456789-of-the-bench';
    private const BUNDLE = '/etc/ssl/certs/ca-certificates.crt';

    /** What ways.php takes from the environment. */
    public readonly array $environment;

    /** `$endpoint`: where orders go, if not straight to the API. */
    public function __construct(?string $endpoint = null)
    {
        control('POST', '/recording', ['on' => false]);
        chmod(self::file('api_key', self::API_KEY), 0600);
        // php-fpm's workers write it.
        chmod(self::file('dispatch.log', ''), 0666);
        // The API's own is in a directory that php-fpm's workers may not look into.
        $ca = self::file('ca.pem', file_get_contents(testbed()['ca']));
        $this->environment = ['ENDPOINT' => $endpoint ?? endpoint('tls13'), 'API_KEY' => self::API_KEY, 'CA' => $ca,
            'CA_BUNDLE' => self::file('bundle.pem', @file_get_contents(self::BUNDLE) . file_get_contents($ca)), 'GUZZLE' => '/usr/share/php/GuzzleHttp/autoload.php',
            'SYMFONY' => '/usr/share/php/Symfony/Component/HttpClient/autoload.php', 'WORDPRESS' => getenv('WORDPRESS_DIR') ?: '/usr/share/wordpress'];
    }

    /** Whose turn it is. Nobody always comes after the same one. */
    public static function turns(array $names, int $rounds): Generator
    {
        for ($round = 0; $round < $rounds; $round++) {
            shuffle($names);
            foreach ($names as $name) {
                yield $name;
            }
        }
    }

    /** How many of so many dispatches somebody's time allows. */
    public static function share(string $name, int $count): int
    {
        return in_array($name, self::SLOW, true) ? max(1, intdiv($count, 16)) : $count;
    }

    /** PHP as a contender starts it. */
    public function php(string $name): array
    {
        // Where the extension warns of a key that this user can read: each time it starts, if that is not root.
        $settings = $this->settings($name) + ['error_log' => getenv('WORK') . '/php.log'];
        return [PHP_BINARY, '-n', ...array_merge(...array_map(fn (string $name, string $value) => ['-d', "$name=$value"], array_keys($settings), $settings))];
    }

    /** A contender's php.ini. Everything is on that is on in a shop: the built-in schema, the log, hardening, the breaker. */
    public function settings(string $name): array
    {
        $ours = ['extension' => getenv('EXTENSION'), 'secure_dispatch.endpoint' => $this->environment['ENDPOINT'], 'secure_dispatch.ca_file' => $this->environment['CA'],
            'secure_dispatch.api_key_file' => getenv('WORK') . '/api_key', 'secure_dispatch.log' => getenv('WORK') . '/dispatch.log', 'secure_dispatch.log_level' => 'warning'];
        return ['display_errors' => 'stderr', 'error_reporting' => (string) (E_ALL & ~E_DEPRECATED)] + match ($name) {
            'secure_dispatch' => $ours,
            'with a line in the log' => ['secure_dispatch.log_level' => 'info'] + $ours,
            'into the outbox' => outbox_settings(['secure_dispatch.wait_ms' => '0']) + $ours,
            'SQLite insert' => ['extension' => 'sqlite3'],
            'refused at once' => self::outage($ours),
            'queued at once' => outbox_settings(['secure_dispatch.wait_ms' => '200'], 'www-data') + self::outage($ours),
            self::NOBODY, 'flock, fdatasync' => [],
            default => ['extension' => 'curl'],
        };
    }

    private static function outage(array $ours): array
    {
        // Refusals are lines in the log, and orders that are queued are not.
        return ['secure_dispatch.endpoint' => endpoint('tls13', self::OUTAGE), 'secure_dispatch.timeout_ms' => '400', 'secure_dispatch.connect_timeout_ms' => '400', 'secure_dispatch.log' => 'off',
            'secure_dispatch.breaker_min_calls' => '5', 'secure_dispatch.breaker_open_ms' => '5000'] + $ours;
    }

    /** Writes a file that is gone after the comparison; returns its path. */
    public static function file(string $name, string $content): string
    {
        file_put_contents($path = getenv('WORK') . "/$name", $content);
        return $path;
    }
}
