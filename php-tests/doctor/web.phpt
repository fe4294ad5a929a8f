--TEST--
doctor: PHP code in a web server has the API asked once in ten seconds, whichever worker it runs in; the log tells each look
--SKIPIF--
<?php
require __DIR__ . '/../harness/fpm.inc';
if (!Fpm::binary()) die('skip needs php-fpm');
if (!exec('command -v cgi-fcgi')) die('skip needs cgi-fcgi');
?>
--FILE--
<?php
require __DIR__ . '/../harness/fpm.inc';
require __DIR__ . '/../harness/console.inc';
require __DIR__ . '/../harness/log.inc';
$settings = treated_path('delay:300,status:204,' . dated());
$asked = fn (array $settings) => count(array_filter(control('GET', '/requests'), fn ($request) => $request['method'] === 'OPTIONS' && str_ends_with($settings['secure_dispatch.endpoint'], $request['path'])));
// A plugin that cannot have enough of it.
$look = 'for ($i = 0; $i < 3; $i++) $looks[] = SecureDispatch\Doctor::examine(); echo json_encode([getmypid(), $looks]);';

mkdir($directory = scratch(), 0750);
is_root() && chown($directory, 'www-data');
$fpm = new Fpm(['secure_dispatch.log' => $log = "$directory/audit.log"] + $settings);
$fpm->put('look.php', "<?php $look");
$start = microtime(true);
$pids = $spared = [];
foreach ($fpm->getAll('look.php', array_fill(0, 12, '')) as $body) {
    [$pid, $looks] = json_decode($body, true);
    $pids[$pid] = true;
    foreach ($looks as $findings) {
        foreach ($findings as $finding) {
            if ($finding['remedy'] === 'ask again later') {
                $spared["$finding[check] $finding[verdict] $finding[what]"] = ($spared["$finding[check] $finding[verdict] $finding[what]"] ?? 0) + 1;
            }
        }
    }
}
echo count($pids) > 1 ? 'several workers' : 'one worker', ', 36 looks, ', $asked($settings), " time asked\n";
foreach ($spared as $what => $times) {
    echo "$what: $times times\n";
}
// What it can see without the API, it looks at each time.
echo implode(' ', array_column(array_filter($looks[2], fn ($finding) => $finding['remedy'] !== 'ask again later' && !in_array($finding['check'], ['custody', 'file_modes'])), 'check')), "\n";
$told = function (string $log): void {
    foreach (array_count_values(array_map(fn ($line) => "$line[level] $line[event]: $line[message]", array_filter(log_lines($log), fn ($line) => $line['event'] === 'examined'))) as $line => $times) {
        echo "$line, $times times\n";
    }
};
$told(file_get_contents($log));
usleep((int) max(0, ($start + 11 - microtime(true)) * 1e6));
$fpm->get('look.php');
echo 'later: asked ', $asked($settings), " times\n";

// On the command line it is asked each time.
$settings = treated_path('status:204,' . dated());
php($look, $settings + ['error_log' => $log = scratch('.log')]);
echo 'command line: asked ', $asked($settings), " times\n";
$told(file_get_contents($log));
// With wrong settings there is nobody to ask.
php($look, ['secure_dispatch.timeout_ms' => 'soon', 'error_log' => $log = scratch('.log')]);
$told(file_get_contents($log));
?>
--EXPECT--
several workers, 36 looks, 1 time asked
dns warning not checked: it was looked at less than 10 s ago: 35 times
tcp warning not checked: it was looked at less than 10 s ago: 35 times
tls warning not checked: it was looked at less than 10 s ago: 35 times
certificate warning not checked: it was looked at less than 10 s ago: 35 times
http warning not checked: it was looked at less than 10 s ago: 35 times
clock warning not checked: it was looked at less than 10 s ago: 35 times
settings outbox log
INFO examined: the API is asked, by one OPTIONS with the key, 1 times
INFO examined: the API is not asked, 35 times
later: asked 2 times
command line: asked 3 times
INFO examined: the API is asked, by one OPTIONS with the key, 3 times
INFO examined: the API is not asked, 3 times
