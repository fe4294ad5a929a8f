--TEST--
WordPress without WooCommerce: the plugin says so, in the site's language, to those who can do something about it; nothing breaks; WP-Cron drains the outbox; Site Health and the policy guide work; uninstalled it leaves nothing, and nothing is logged
--EXTENSIONS--
curl
dom
mysqlnd
mysqli
--SKIPIF--
<?php
require __DIR__ . '/../harness/shop.inc';
Shop::skip(woocommerce: false);
exec('command -v msgfmt') || exit('skip needs gettext');
?>
--FILE--
<?php
require __DIR__ . '/../harness/shop.inc';
require __DIR__ . '/../harness/wp_admin.inc';
const PLUGIN = 'secure-dispatch/secure-dispatch.php';
$shop = new Shop(woocommerce: false, plugin: false);
$shop->installPlugin();
try {
    $shop->activate(PLUGIN);
} catch (LogicException $needs) {
    // Newer ones read its header Requires Plugins; but WooCommerce can go later, past all of that.
    str_contains($needs->getMessage(), 'WooCommerce') || throw $needs;
    $shop->php('update_option("active_plugins", ["' . PLUGIN . '"]);');
}
$admin = new WpAdmin($shop);
foreach (['index.php', 'plugins.php', 'site-health.php', 'options-privacy.php?tab=policyguide', 'edit.php'] as $path) {
    echo "$path: ", $admin->open($path)->status, "\n";
}
echo 'front: ', $shop->request('GET', '/')['status'], "\n";
echo 'the notice: ', implode(' / ', $admin->open('index.php')->notices()), "\n";
echo '  to an editor: ', implode(' / ', (new WpAdmin($shop, 'editor'))->open('index.php')->notices()) ?: 'none', "\n";
echo 'policy guide: ', str_contains($admin->open('options-privacy.php?tab=policyguide')->body, 'we send your order to localhost') ? 'has a text' : 'HAS NONE', "\n";

// What another plugin put into the outbox.
$shop->apiDown();
$shop->php('secure_dispatch_order(["order_id" => 1]);');
$shop->apiUp();
sleep(6);
$shop->cron(60);
echo 'arrived: ', count($shop->dispatches()), "\n";

$health = $shop->php('
    require_once ABSPATH . "wp-admin/includes/admin.php";
    foreach (WP_Site_Health::get_tests() as $kind => $tests) {
        foreach ($tests as $name => $test) {
            if (str_starts_with($name, "secure_dispatch")) {
                $result = call_user_func($test["async_direct_test"] ?? $test["test"]);
                echo "  $kind $name: $result[status]\n";
            }
        }
    }');
echo "Site Health:\n", preg_replace('/(custody|connection): (good|recommended)/', '$1: good or recommended', $health);

// A translation beside the plugin.
$languages = "$shop->root/wp-content/plugins/secure-dispatch/languages";
file_put_contents("$languages/x.po", "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n
msgid \"WooCommerce is not active, so there are no orders to send. Activate WooCommerce, or deactivate this plugin.\"\nmsgstr \"WooCommerce ist nicht aktiv, … „äöü“\"\n");
run(['msgfmt', '-o', "$languages/secure-dispatch-de_DE.mo", "$languages/x.po"]);
$shop->php('wp_mkdir_p(WPMU_PLUGIN_DIR); file_put_contents(WPMU_PLUGIN_DIR . "/german.php", "<?php add_filter(\'determine_locale\', fn () => \'de_DE\');");');
echo 'in German: ', implode(' / ', $admin->open('index.php')->notices()), "\n";
$shop->php('unlink(WPMU_PLUGIN_DIR . "/german.php");');

echo $shop->php("require_once ABSPATH . 'wp-admin/includes/admin.php'; wp_set_current_user(1); deactivate_plugins('" . PLUGIN . "');
    \$result = delete_plugins(['" . PLUGIN . "']); echo is_wp_error(\$result) ? \$result->get_error_message() : (\$result ? '' : 'not deleted');");
echo 'uninstalled: ', count($shop->query("SELECT option_name FROM wp_options WHERE option_name NOT IN ('recently_activated', 'uninstall_plugins')
    AND option_name NOT LIKE '_site_transient%' AND (option_name LIKE '%secure\\\\_dispatch%' OR option_value LIKE '%secure\\\\_dispatch%')")), " rows left\n";
echo $shop->debugLog();
?>
--EXPECT--
index.php: 200
plugins.php: 200
site-health.php: 200
options-privacy.php?tab=policyguide: 200
edit.php: 200
front: 200
the notice: Secure Dispatch: WooCommerce is not active, so there are no orders to send. Activate WooCommerce, or deactivate this plugin.
  to an editor: none
policy guide: has a text
arrived: 1
Site Health:
  direct secure_dispatch_extension: good
  direct secure_dispatch_custody: good or recommended
  direct secure_dispatch_queue: good
  async secure_dispatch_connection: good or recommended
in German: Secure Dispatch: WooCommerce ist nicht aktiv, … „äöü“
uninstalled: 0 rows left
