<?php
/** One step of installing a shop, by PHP on the command line as the web server's user: shop_install.php ROOT STEP */

[, $root, $step] = $argv;
$_SERVER += ['HTTP_HOST' => '127.0.0.1', 'SERVER_NAME' => '127.0.0.1'];
$_SERVER['REQUEST_URI'] = '/';
if ($step === 'wordpress') {
    define('WP_INSTALLING', true);
}
require "$root/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/admin.php';

/** Without WP-CLI: what wp-admin/install.php calls. */
function install_wordpress(): void
{
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    wp_install('Test shop', 'admin', 'admin@shop.test', true, '', 'password');
    update_option('permalink_structure', '/%postname%/');
    update_option('timezone_string', 'Europe/Berlin');
}

function install_woocommerce(): void
{
    // Its activation hook is its installer.
    $fault = activate_plugin('woocommerce/woocommerce.php');
    is_wp_error($fault) && exit($fault->get_error_message());
}

/** A shop that is open, and sells two products to guests. */
function settle_shop(): void
{
    wp_set_current_user(1);
    foreach ([
        'woocommerce_custom_orders_table_enabled' => 'yes',
        'woocommerce_custom_orders_table_data_sync_enabled' => 'no',
        'woocommerce_onboarding_profile' => ['completed' => true, 'skipped' => true, 'is_plugins_page_skipped' => true],
        'woocommerce_task_list_hidden' => 'yes',
        'woocommerce_coming_soon' => 'no',
        'woocommerce_store_pages_only' => 'no',
        'woocommerce_allow_tracking' => 'no',
        'woocommerce_show_marketplace_suggestions' => 'no',
        'woocommerce_admin_notices' => [],
        'woocommerce_store_address' => 'Shop Street 1',
        'woocommerce_store_city' => 'Berlin',
        'woocommerce_store_postcode' => '10115',
        'woocommerce_default_country' => 'DE:DE-BE',
        'woocommerce_currency' => 'EUR',
        'woocommerce_calc_taxes' => 'no',
        'woocommerce_enable_guest_checkout' => 'yes',
        'woocommerce_manage_stock' => 'yes',
        'woocommerce_cod_settings' => ['enabled' => 'yes', 'title' => 'Cash on delivery', 'enable_for_methods' => [], 'enable_for_virtual' => 'yes'],
        'woocommerce_bacs_settings' => ['enabled' => 'yes', 'title' => 'Bank transfer'],
    ] as $name => $value) {
        update_option($name, $value);
    }
    delete_transient('_wc_activation_redirect');
    // Zone 0 is the rest of the world, and so all of it.
    $zone = new WC_Shipping_Zone(0);
    $flat = $zone->add_shipping_method('flat_rate');
    update_option("woocommerce_flat_rate_{$flat}_settings", ['title' => 'Parcel', 'tax_status' => 'none', 'cost' => '4.90']);

    $simple = new WC_Product_Simple();
    $simple->set_props(['name' => 'Tea pot', 'sku' => 'TEAPOT', 'regular_price' => '19.90', 'manage_stock' => true, 'stock_quantity' => 1000, 'weight' => '1.2']);
    $simple->save();
    $file = wp_upload_bits('handbook.pdf', null, '%PDF-1.4');
    $download = new WC_Product_Download();
    $download->set_id('handbook');
    $download->set_name('Handbook');
    $download->set_file($file['url']);
    $virtual = new WC_Product_Simple();
    $virtual->set_props(['name' => 'Handbook', 'sku' => 'HANDBOOK', 'regular_price' => '9.00', 'virtual' => true, 'downloadable' => true, 'downloads' => [$download]]);
    $virtual->save();
    wp_insert_post(['post_type' => 'page', 'post_status' => 'publish', 'post_name' => 'classic-checkout', 'post_title' => 'Classic checkout', 'post_content' => '[woocommerce_checkout]']);
    wp_create_user('customer', 'password', 'customer@shop.test');
    flush_rewrite_rules();
}

/** Does what a new shop has put off, so that no test has it done beside its own. */
function settle_down(): void
{
    for ($i = 0; $i < 20 && ActionScheduler::store()->query_actions(['status' => 'pending', 'date' => as_get_datetime_object(), 'date_compare' => '<='], 'count') > 0; $i++) {
        ActionScheduler_QueueRunner::instance()->run('WP Cron');
    }
}

match ($step) {
    'wordpress' => install_wordpress(),
    'woocommerce' => install_woocommerce(),
    'settings' => settle_shop(),
    'quiet' => settle_down(),
};
