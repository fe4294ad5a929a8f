--TEST--
docs/operations.md: every command in it does what it says, from installing to uninstalling, in a copy of this system
--SKIPIF--
<?php
require __DIR__ . '/../harness/fpm.inc';
if (!is_root()) die('skip needs root');
if (PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION !== '8.2' || !is_file('/usr/sbin/php-fpm8.2') || !is_dir('/etc/php/8.2/mods-available')) die('skip is about Debian\'s PHP 8.2');
foreach (['jq', 'logrotate', 'sqlite3', 'runuser'] as $command) if (!exec("command -v $command")) die("skip needs $command");
?>
--FILE--
<?php
require __DIR__ . '/../harness/log.inc';
$docs = file_get_contents(__DIR__ . '/../../docs/operations.md');
// The API of the documentation is the testbed.
$docs = str_replace('= https://api.example.com/v1/orders', '= ' . endpoint() . "\nsecure_dispatch.ca_file = " . testbed()['ca'], $docs);
preg_match_all('/^## ([^\n]*)\n|^```sh\n(.*?)^```$/ms', $docs, $parts, PREG_SET_ORDER);

// A layer over this system's files, which goes with it.
$root = scratch();
mkdir($root, 0700);
$run = function (string $script) use ($root): array {
    $enter = "exec chroot $root/root /bin/sh -c " . escapeshellarg('cd "$0" && . "$1"') . ' ' . escapeshellarg(dirname(__DIR__, 2)) . ' /tmp/script';
    file_put_contents("$root/root/tmp/script", "set -eu\n$script");
    exec("$enter 2>&1 </dev/null", $output, $code);
    return [$code, implode("\n", $output)];
};
exec("mount -t tmpfs -o mode=0755 none $root && mkdir $root/upper $root/work $root/root && mount -t overlay overlay -o lowerdir=/,upperdir=$root/upper,workdir=$root/work $root/root &&
    for directory in dev proc sys; do mount --rbind /\$directory $root/root/\$directory; done && mount --bind " . getenv('WORK') . " $root/root" . getenv('WORK'), $_, $code);
register_shutdown_function(fn () => exec("kill -QUIT $(cat $root/root/run/php/php8.2-fpm.pid 2>/dev/null) 2>/dev/null; sleep 0.3; umount -R -l $root/root 2>/dev/null; umount -l $root 2>/dev/null"));
if ($code !== 0) exit('the layer could not be made');
// There is no systemd here: what it does to php-fpm.
file_put_contents("$root/root/usr/bin/systemctl", <<<'SH'
    #!/bin/sh
    set -eu
    [ "$2" = php8.2-fpm ]
    pid=/run/php/php8.2-fpm.pid
    alive() { [ -f $pid ] && kill -0 "$(cat $pid)" 2>/dev/null; }
    stop() { alive || return 0; old=$(cat $pid); kill -QUIT "$old"; while kill -0 "$old" 2>/dev/null; do sleep 0.05; done; rm -f $pid; }
    start() { mkdir -p /run/php; php-fpm8.2 --daemonize >/dev/null 2>&1; }
    case $1 in
    start) start ;;
    stop) stop ;;
    restart) stop; start ;;
    reload) kill -USR2 "$(cat $pid)"; sleep 1; alive ;;
    esac
    SH);
chmod("$root/root/usr/bin/systemctl", 0755);
// What a page of the shop would do.
file_put_contents("$root/root/tmp/order.php", '<?php try { echo secure_dispatch_order(["order_id" => $_GET["n"], "total" => "1.00", "currency" => "EUR"], $_GET["key"])->state->value; } catch (Throwable $e) { echo $e; }');
$order = function (string $key, int $n) use ($run): string {
    [, $output] = $run("SCRIPT_FILENAME=/tmp/order.php SCRIPT_NAME=/order.php REQUEST_METHOD=GET QUERY_STRING='n=$n&key=$key' cgi-fcgi -bind -connect /run/php/php8.2-fpm.sock");
    return trim(substr($output, strpos($output, "\r\n\r\n") ?: strrpos($output, "\n")));
};
file_put_contents("$root/root/etc/php/8.2/fpm/pool.d/www.conf", "[www]\nuser = www-data\ngroup = www-data\nlisten = /run/php/php8.2-fpm.sock\nlisten.mode = 0666\npm = static\npm.max_children = 2\n");
[$down, $up, $before, $last] = [treated('status:503'), unique_key(), unique_key(), treated('status:503')];

/** What the API said of an order at last. */
function end_of(string $key): string
{
    return in_array($key, control('GET', '/taken?since=0'), true) ? 'taken in the end' : 'not taken';
}

// Between the parts: what a shop goes through meanwhile.
$meanwhile = [
    // cron has a PATH of its own.
    'Look at it' => fn () => $order($before, 1) . ', ' . $order($down, 2) . ', cron '
        . $run("env -i PATH=/usr/bin:/bin sh -c \"$(sed 's/^[*] [*] [*] [*] [*] root //' /etc/cron.d/secure_dispatch)\"")[0],
    'A new outbox key' => fn () => (requests($before)[0]['headers']['x-api-key'] ?? 'no') . ', ' . $order($up, 3) . ' with ' . requests($up)[0]['headers']['x-api-key'],
    'When the API is down' => function () use ($down): string {
        $tried = count(requests($down));
        control('POST', '/rules', ['key' => $down, 'behaviour' => '']);
        return $tried > 1 ? 'tried again' : "tried $tried times";
    },
    'Sizing' => fn () => end_of($down),
    // An order that waits, and the check that tells so.
    'Uninstall' => function () use ($order, $last, $run, $docs): string {
        $told = $order($last, 4);
        [$code, $output] = $run(preg_match('/^secure-dispatch status .*jq -e.*$/m', $docs, $check) ? $check[0] : 'exit 99');
        control('POST', '/rules', ['key' => $last, 'behaviour' => '']);
        return "$told, check: exit code $code, $output";
    },
];
$heading = '';
foreach ($parts as $part) {
    [, $title, $script] = $part + ['', '', ''];
    if ($title !== '') {
        $heading = $title;
        if (isset($meanwhile[$title])) {
            echo "* ", $meanwhile[$title](), "\n";
        }
        continue;
    }
    [$code, $output] = $run($script);
    echo "$heading: ", $code === 0 ? 'ok' : "exit code $code: $script\n$output", "\n";
    if (str_contains($script, 'doctor') && !preg_match('/0 failures|no failure/i', $output)) echo $output, "\n";
}
echo '* ', end_of($last), "\n";
// (/var/lib/php has phpdismod's own notes.)
[, $left] = $run('find /etc /usr/local /var/lib/secure* /var/log /var/backups /usr/lib/php -name "*secure*dispatch*" 2>/dev/null || :');
echo $left === '' ? "nothing is left\n" : "$left\n";
?>
--EXPECT--
Install: ok
Install: ok
Install: ok
Install: ok
Set up php-fpm, Apache, the command line: ok
Set up php-fpm, Apache, the command line: ok
Set up php-fpm, Apache, the command line: ok
Set up php-fpm, Apache, the command line: ok
* delivered, queued, cron 0
Look at it: ok
A new API key: ok
A new API key: ok
* the-key-that-the-api-gave-you, delivered with the-new-key
A new outbox key: ok
* tried again
When the API is down: ok
When the API is down: ok
When the API is down: ok
* taken in the end
Backup: ok
Backup: ok
Upgrade: ok
The log: ok
* queued, check: exit code 1, false
Uninstall: ok
Uninstall: ok
Uninstall: ok
Uninstall: ok
* taken in the end
nothing is left
