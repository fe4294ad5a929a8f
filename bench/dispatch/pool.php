<?php

declare(strict_types=1);

require_once __DIR__ . '/field.php';
require_once __DIR__ . '/fastcgi.php';
require_once __DIR__ . '/../../php-tests/harness/fpm.inc';

Fpm::binary() ?? exit("This PHP has no php-fpm beside it.\n");

/** A contender's php-fpm, which sends an order for each request. */
final class Pool
{
    public const WORKERS = 4;

    private readonly Fpm $fpm;
    private readonly string $request;
    private int $dispatches = 0;
    private int $connections = 0;

    /** `$order`: the file with the order's JSON. */
    public function __construct(Field $field, string $name, string $order)
    {
        // As shops have it, not as tests need it.
        $shop = ['zend_extension' => 'opcache', 'secure_dispatch.schema_file' => null, 'secure_dispatch.max_attempts' => null, 'secure_dispatch.breaker_min_calls' => null];
        $this->fpm = new Fpm($field->settings($name) + $shop, ['pm.max_children' => self::WORKERS]);
        foreach (['request.php', 'ways.php'] as $script) {
            $this->fpm->put($script, file_get_contents(__DIR__ . "/$script"));
        }
        $this->request = FastCgi::request(['SCRIPT_FILENAME' => $this->fpm->docroot() . '/request.php', 'REQUEST_METHOD' => 'GET', 'CONTENDER' => $name, 'ORDER' => $order] + $field->environment);
    }

    /** Sends so many, for so many clients at once; returns what each dispatch took, in ns. */
    public function send(int $count, int $clients): array
    {
        $before = traffic('tls13')['connections'];
        $times = $running = [];
        for ($begun = 0; $begun < $count || $running;) {
            for (; $begun < $count && count($running) < $clients; $begun++) {
                $running[] = $this->begin();
            }
            $readable = $running;
            $none = null;
            stream_select($readable, $none, $none, null);
            foreach ($readable as $key => $stream) {
                $times[] = $this->end($stream);
                unset($running[$key]);
            }
        }
        $this->dispatches += $count;
        $this->connections += traffic('tls13')['connections'] - $before;
        return $times;
    }

    /** How many connections were made for 1,000 dispatches, since php-fpm's start. */
    public function connections(): float
    {
        return 1000 * $this->connections / $this->dispatches;
    }

    private function begin(): mixed
    {
        $stream = stream_socket_client("unix://{$this->fpm->socket()}");
        fwrite($stream, $this->request);
        return $stream;
    }

    private function end(mixed $stream): int
    {
        $body = FastCgi::body(stream_get_contents($stream));
        return (int) $body ?: exit("php-fpm: $body\n" . $this->fpm->logs());
    }
}
