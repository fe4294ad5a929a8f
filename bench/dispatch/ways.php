<?php

declare(strict_types=1);

/** The ways in which PHP can send an order. Each is a function of the order that returns the HTTP status; what it keeps, it keeps between calls. */
function way(string $name): Closure
{
    $endpoint = getenv('ENDPOINT');
    $key = getenv('API_KEY');
    $json = static fn (array $order): string => json_encode($order, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE);
    return match ($name) {
        'nobody' => static fn (array $order): int => 200,
        'secure_dispatch', 'with a line in the log' => static fn (array $order): int => secure_dispatch_order($order)->status,
        'persistent stream' => persistent_stream($endpoint, $key, $json),
        'cURL, handle reused' => curl_reused($endpoint, $key, $json),
        'cURL, fresh' => static fn (array $order): int => curl_fresh($endpoint, $key, $json($order), getenv('CA')),
        'cURL, fresh, CA bundle' => static fn (array $order): int => curl_fresh($endpoint, $key, $json($order), getenv('CA_BUNDLE')),
        'Guzzle' => guzzle($endpoint, $key, $json),
        'Symfony HttpClient' => symfony($endpoint, $key, $json),
        'WordPress Requests' => requests($endpoint, $key, $json),
        'into the outbox' => static fn (array $order): int => secure_dispatch_order($order)->state === SecureDispatch\State::Queued ? 202 : 500,
        'queued at once' => queued(...),
        'refused at once' => refused(...),
        'flock, fdatasync' => written_by_turns(...),
        'SQLite insert' => sqlite_insert($json),
    };
}

/** What clever shops do: a tls:// stream that outlives the request, and HTTP by hand. */
function persistent_stream(string $endpoint, string $key, Closure $json): Closure
{
    $url = parse_url($endpoint);
    $context = stream_context_create(['ssl' => ['cafile' => getenv('CA'), 'peer_name' => $url['host']]]);
    $head = "POST $url[path] HTTP/1.1\r\nHost: $url[host]:$url[port]\r\nContent-Type: application/json\r\nAccept: application/json\r\nX-API-KEY: $key\r\nContent-Length: ";
    return static function (array $order) use ($url, $context, $head, $json): int {
        $stream = stream_socket_client("tls://$url[host]:$url[port]", $code, $message, 5, STREAM_CLIENT_CONNECT | STREAM_CLIENT_PERSISTENT, $context);
        $body = $json($order);
        fwrite($stream, $head . strlen($body) . "\r\n\r\n$body");
        $status = (int) substr((string) fgets($stream), 9, 3);
        $length = 0;
        while (($line = fgets($stream)) !== "\r\n" && $line !== false) {
            if (stripos($line, 'content-length:') === 0) {
                $length = (int) substr($line, 15);
            }
        }
        $length > 0 && stream_get_contents($stream, $length);
        return $status;
    };
}

function curl_options(string $endpoint, string $key, string $body, string $ca): array
{
    return [CURLOPT_URL => $endpoint, CURLOPT_POST => true, CURLOPT_POSTFIELDS => $body, CURLOPT_RETURNTRANSFER => true, CURLOPT_CAINFO => $ca, CURLOPT_PROXY => '',
        CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'Accept: application/json', "X-API-KEY: $key", 'Expect:']];
}

/** What nearly all shops do. */
function curl_fresh(string $endpoint, string $key, string $body, string $ca): int
{
    $curl = curl_init();
    curl_setopt_array($curl, curl_options($endpoint, $key, $body, $ca));
    curl_exec($curl);
    return curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
}

function curl_reused(string $endpoint, string $key, Closure $json): Closure
{
    $curl = curl_init();
    curl_setopt_array($curl, curl_options($endpoint, $key, '', getenv('CA')));
    return static function (array $order) use ($curl, $json): int {
        curl_setopt($curl, CURLOPT_POSTFIELDS, $json($order));
        curl_exec($curl);
        return curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    };
}

function guzzle(string $endpoint, string $key, Closure $json): Closure
{
    require_once getenv('GUZZLE');
    $client = new GuzzleHttp\Client(['verify' => getenv('CA')]);
    return static fn (array $order): int => $client->post($endpoint, ['body' => $json($order), 'headers' => ['Content-Type' => 'application/json', 'X-API-KEY' => $key]])->getStatusCode();
}

function symfony(string $endpoint, string $key, Closure $json): Closure
{
    require_once getenv('SYMFONY');
    $client = Symfony\Component\HttpClient\HttpClient::create(['cafile' => getenv('CA'), 'max_redirects' => 0]);
    return static function (array $order) use ($client, $endpoint, $key, $json): int {
        $answer = $client->request('POST', $endpoint, ['body' => $json($order), 'headers' => ['Content-Type' => 'application/json', 'X-API-KEY' => $key]]);
        $answer->getContent();
        return $answer->getStatusCode();
    };
}

/** What wp_remote_post() comes to. */
function requests(string $endpoint, string $key, Closure $json): Closure
{
    $includes = getenv('WORDPRESS') . '/wp-includes';
    if (is_file("$includes/Requests/src/Autoload.php")) {
        require_once "$includes/Requests/src/Autoload.php";
        WpOrg\Requests\Autoload::register();
    } else {
        require_once "$includes/class-requests.php";
        Requests::register_autoloader();
    }
    $class = class_exists(WpOrg\Requests\Requests::class) ? WpOrg\Requests\Requests::class : Requests::class;
    return static fn (array $order): int => $class::post($endpoint, ['Content-Type' => 'application/json', 'X-API-KEY' => $key], $json($order), ['verify' => getenv('CA')])->status_code;
}

/** The least that keeping an order can take: a row in a table without an index, of a database that stays open, durable when the call returns. */
function sqlite_insert(Closure $json): Closure
{
    $database = new SQLite3(getenv('WORK') . '/orders.sqlite');
    $database->exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE orders (seq INTEGER PRIMARY KEY, json TEXT)');
    $insert = $database->prepare('INSERT INTO orders (json) VALUES (?)');
    return static function (array $order) use ($insert, $json): int {
        $insert->bindValue(1, $json($order));
        return $insert->execute() ? 202 : 500;
    };
}

/** A call that was one to ask whether the API is back: it waited for that. */
const PROBED = 299;

/** What the breaker makes of a dead API where there is no outbox. */
function refused(array $order): int
{
    try {
        return secure_dispatch_order($order)->status;
    } catch (SecureDispatch\Exception\UnavailableException) {
        return 202;
    } catch (SecureDispatch\Exception\TimeoutException) {
        return PROBED;
    }
}

/** The same with an outbox. */
function queued(array $order): int
{
    $receipt = secure_dispatch_order(['order_id' => random_int(1, PHP_INT_MAX)] + $order);
    return match (true) {
        $receipt->state !== SecureDispatch\State::Queued => 500,
        $receipt->attempts === 0 => 202,
        default => PROBED,
    };
}

/** As many bytes as an order in the outbox takes, in place of older ones, durable when the lock is given up. */
function written_by_turns(array $order): int
{
    $file = fopen(dirname(getenv('ORDER')) . '/turns', 'c');
    flock($file, LOCK_EX);
    fseek($file, random_int(0, 500) * 1024);
    fwrite($file, str_repeat('.', 7336));
    return fdatasync($file) && flock($file, LOCK_UN) ? 202 : 500;
}
