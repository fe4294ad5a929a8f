<?php

// Made by `make stubs` from extension secure_dispatch 0.1.0: for IDEs and analysers, never loaded by PHP.

namespace {

    /**
     * Sends an order, as JSON, to the endpoint in `secure_dispatch.endpoint`, and waits for the answer, `secure_dispatch.timeout_ms` at most, all
     * attempts included. With `secure_dispatch.outbox`, puts it there first, durably, and waits `secure_dispatch.wait_ms` at most: what is not
     * delivered by then is queued, and sent by Outbox::drain().
     *
     * A JSON Schema (`secure_dispatch.schema_file`, or the built-in one) says what may leave; the rest is dropped. Texts are cleaned of control
     * and invisible characters and of HTML, card numbers are masked.
     *
     * Arrays are sent as JSON arrays if they are lists, else as objects. JsonSerializable objects, dates (RFC 3339), backed enums and
     * objects with a public `get_data(): array` (WooCommerce's) are converted; any other object is refused. Arrays may be nested 64 deep,
     * the order being the first. Nothing of the order is in any message or in our own frame of a stack trace.
     *
     * What may pass (a lost connection; 408, 425, 429, 500, 502, 503, 504; 409 to an order that was sent before and not answered) is tried
     * again, `secure_dispatch.max_attempts` times in all, under the same key: the API takes an order once if it honours Idempotency-Key.
     *
     * @param array<array-key, mixed> $order The order.
     * @param string|null $idempotency_key What the API is to know this order by, 1 to 255 visible ASCII characters; the dispatch's own id
     *     if null. After a TransportException, TimeoutException or UnavailableException call again with the same order and the same key.
     *     With an outbox, a key that is known and delivered or queued returns the earlier receipt and sends nothing.
     * @param bool $wait False: with an outbox, return as soon as the order is on disk, as with `secure_dispatch.wait_ms=0`; if the outbox cannot be
     *     used, an UnavailableException says so, and nothing was sent. Without an outbox it changes nothing.
     *
     * @return \SecureDispatch\Receipt Delivered: the API answered 2xx. Queued: the order is on disk.
     * @throws \SecureDispatch\Exception\ConfigurationException
     * @throws \SecureDispatch\Exception\ValidationException
     * @throws \SecureDispatch\Exception\TransportException
     * @throws \SecureDispatch\Exception\TimeoutException
     * @throws \SecureDispatch\Exception\RejectedException
     * @throws \SecureDispatch\Exception\UnavailableException
     */
    function secure_dispatch_order(#[\SensitiveParameter] array $order, #[\SensitiveParameter] ?string $idempotency_key = null, #[\SensitiveParameter] bool $wait = true): \SecureDispatch\Receipt {}

    /**
     * What is going on: nothing secret, nothing personal.
     *
     * @return array{version: string, build: array{rustc: string, tls: string, sqlite: string, features: list<string>},
     *     endpoint_host: string|null, key_source: string|null, problems: list<string>,
     *     custody: array<string, array{holds: bool, what: string, faults: list<string>}>, scope: string, breaker: string|null,
     *     counters: array<string, int>, latency: array{count: int, sum_seconds: float, buckets: list<array{le: float|null, count: int}>},
     *     outbox: array{rows: array<string, int>, oldest: int|null, fault: string|null}|null} Version of the extension; the compiler, the
     *     TLS library and the SQLite in it, and its cargo features; host of the endpoint; where the key came from; what is wrong with the
     *     settings, empty if nothing; each protection of the key, whether it holds in this process, and if not, why and what to do (empty where
     *     nothing is set). scope: whose breaker, counters and latency follow, "all workers of this master" or "this process". breaker: closed,
     *     open or half-open. counters: since start; with an outbox, delivered, rejected and dead are the outbox's own, of all that use it, since
     *     its file was made; bytes are those of HTTP inside TLS, the key counted as 17. latency: how many calls of secure_dispatch_order() came
     *     past the schema, how long they took from there, and how many took no longer than `le` seconds (null: than any). outbox: how many orders
     *     it keeps by state, the time (seconds of the epoch) since when the oldest that is to be sent waits, and why it cannot be used, if it
     *     cannot.
     */
    function secure_dispatch_status(): array {}

}

namespace SecureDispatch {

    /** What became of an order. */
    enum State: string
    {
        /** The API took it. */
        case Delivered = 'delivered';

        /** It is kept on disk, in the outbox, and will be sent. */
        case Queued = 'queued';
    }

    /** What became of an order. Only the extension makes one. */
    final readonly class Receipt
    {
        /** This dispatch: a UUIDv7. */
        public string $id;

        /** What was sent, or will be, as `Idempotency-Key`. */
        public string $idempotencyKey;

        public \SecureDispatch\State $state;

        /** HTTP status of the last answer; null if there was none. */
        public ?int $status;

        /** How many times sending the order was tried. */
        public int $attempts;

        /** How long the call took, in milliseconds. */
        public float $elapsedMs;

        /** @var list<string> JSON Pointers of the fields that were not sent, since the schema does not name them; the first 1000. */
        public array $dropped;

        /**
         * @var array<string, array<string, int>> JSON Pointer => what was changed there before it was sent, and how often: controls, invisible,
         *     newlines, markup, nfc, trimmed (characters), masked (values); the first 1000 places.
         */
        public array $changed;

        /** The body of the answer, at most `secure_dispatch.max_response_bytes` of it, with `[redacted]` where it had the key; null if it came in a content coding (gzip), which was not asked for. */
        public ?string $body;

        private function __construct() {}

        /**
         * The API's answer, decoded: objects as arrays, null if there is no body.
         *
         * @throws \JsonException The body is not JSON, or was cut at `secure_dispatch.max_response_bytes`.
         */
        public function json(): mixed {}
    }

    /**
     * The orders that are kept until they are delivered (`secure_dispatch.outbox`), for operators, cron and WP-Cron. All of its functions throw
     * ConfigurationException where none is set, and UnavailableException where it cannot be used.
     */
    final class Outbox
    {
        private function __construct() {}

        /**
         * Sends what is due, until nothing is, or the time is over; then no further order is begun, and the last one takes
         * `secure_dispatch.timeout_ms` at most. Any number of processes may drain at once; all together they send `secure_dispatch.drain_rate` orders
         * a second. What fails is tried again after 5 s, 30 s, 2 min, 10 min, 1 h, then every 2 h, for `secure_dispatch.outbox_max_age_days`.
         *
         * @param int $maxSeconds 0 to 86400.
         * @return array{delivered: int, deferred: int, rejected: int, dead: int, remaining: int, next_ms: int|null} How many orders the API took,
         *     how many are tried again later, how many it refused, how many were given up; how many are still to be sent; in how many milliseconds
         *     the next of them may be sent, if the time was over before (0: at once). Null: nothing is due.
         */
        public static function drain(int $maxSeconds = 20): array {}

        /**
         * What is kept, in the sequence in which it was accepted; never what is in an order.
         *
         * @param int $limit 1 to 1000.
         * @param string|null $state queued; unconfirmed (sent, and not answered); held (for another endpoint than the one that is set, or not to
         *     be opened); rejected (by the API); dead (given up); or delivered. All but delivered if null.
         * @return list<array{id: string, state: string, order_id: string|null, attempts: int, status: int|null, since: int, due: int|null,
         *     superseded: bool, reason: string|null}> Receipt::$id; the state; the order's own id; how many times sending it was tried; the HTTP
         *     status of the last answer; when it was accepted (or delivered), and when it is tried next (null: after the one ahead of it, or not at
         *     all), in seconds of the epoch; whether a later dispatch of the same order was delivered; why it is held.
         */
        public static function list(int $limit = 50, ?string $state = null): array {}

        /**
         * What is kept of the dispatch under an idempotency key, whatever its state: for a caller that has to learn later what became of an order.
         *
         * @param string $idempotencyKey What secure_dispatch_order() was given, or Receipt::$idempotencyKey.
         * @return array{id: string, state: string, order_id: string|null, attempts: int, status: int|null, since: int, due: int|null,
         *     superseded: bool, reason: string|null}|null As in list(). Null: no such key was taken, or its dispatch was discarded, or it was
         *     delivered longer than `secure_dispatch.outbox_retention_days` ago.
         */
        public static function find(string $idempotencyKey): ?array {}

        /**
         * Makes a dispatch due at once, whatever it waits for; one that is held is sealed anew, for the endpoint that is set now.
         *
         * @param string $id Receipt::$id.
         * @param bool $force Even if a later dispatch of the same order was delivered (`superseded` in list()).
         * @return bool Whether it is due now. False: there is none of this id, it is delivered or being sent, it cannot be opened, or it needs force.
         */
        public static function retry(string $id, bool $force = false): bool {}

        /**
         * Makes all dispatches of a state due at once, but those that need force.
         *
         * @param string $state As for list(), but not delivered.
         * @return int How many.
         */
        public static function retryAll(string $state): int {}

        /**
         * Forgets a dispatch, which is then never sent.
         *
         * @param string $id Receipt::$id.
         * @return bool False: there is none of this id, or it is delivered or being sent.
         */
        public static function discard(string $id): bool {}
    }

    /** What was counted and how things stand, for a script that Prometheus scrapes (examples/metrics.php). */
    final class Metrics
    {
        private function __construct() {}

        /**
         * A page in OpenMetrics 1.0, to be served as `application/openmetrics-text; version=1.0.0; charset=utf-8`. Nothing secret, nothing personal.
         * Counters are of all workers of the master that this is called under, those of the outbox of all that use it. Throws nothing: with wrong
         * settings it tells `secure_dispatch_ready 0`, with an outbox that cannot be used `secure_dispatch_outbox_usable 0`.
         */
        public static function prometheus(): string {}
    }

    /** What can be wrong with a set-up, looked at; `secure-dispatch doctor` shows it. */
    final class Doctor
    {
        private function __construct() {}

        /**
         * Looks at everything between an order and the API: settings, file_modes, custody (of the key, in this process), dns, tcp, tls, certificate
         * (each one that the server shows), http (one OPTIONS with the key; never an order), clock, outbox, outbox_integrity, outbox_key,
         * outbox_queue, outbox_left, outbox_room, log. Each step takes `secure_dispatch.connect_timeout_ms` or `.timeout_ms` at most. Changes nothing; the
         * log tells that it was done. Outside the command line dns to clock, for which the API is asked, are looked at once in 10 s, by all workers
         * of a master together; in between they are warnings that say so.
         *
         * @return list<array{check: string, verdict: 'ok'|'warning'|'failure', what: string, remedy: string|null}> The check's name; failure:
         *     orders do not leave, warning: somebody should look at it, or it was not checked; what was found; what to do. Nothing secret.
         */
        public static function examine(): array {}
    }

}

namespace SecureDispatch\Exception {

    /** All exceptions of this extension. */
    interface SecureDispatchException extends \Throwable
    {
    }

    /** The settings are wrong, as the message says. Nothing was sent. Correct them and restart PHP. */
    class ConfigurationException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
    }

    /** The order cannot be sent as it is. Nothing was sent. Correct the caller. */
    class ValidationException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /**
         * @var list<array{string, string}> JSON Pointer of each offending value (empty: the order itself) and the rule it breaks: a keyword of the
         *     schema (type, required, enum …), float, unknown_field, duplicate_key, utf8, finite, cycle, depth, size, card_number or
         *     idempotency_key or key_reused. Never the value.
         */
        public readonly array $violations;
    }

    /** There was no whole answer. Unless the message says that nothing was sent, the API may have taken the order: send it again under the same key. */
    class TransportException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
    }

    /** The time was up: `secure_dispatch.timeout_ms` or `.connect_timeout_ms`. As TransportException. */
    class TimeoutException extends \SecureDispatch\Exception\TransportException
    {
    }

    /** The API answered 3xx or 4xx: the same order would be refused again. The code is the status. */
    class RejectedException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /** HTTP status of the answer. */
        public readonly int $status;
    }

    /** The API answered 408, 425, 429 or 5xx: send the order again later under the same key. The code is the status. */
    class UnavailableException extends \RuntimeException implements \SecureDispatch\Exception\SecureDispatchException
    {
        /** HTTP status of the answer. */
        public readonly ?int $status;

        /** What the answer's Retry-After asks for, in seconds from now. */
        public readonly ?int $retryAfter;
    }

}
