<?php
/**
 * What happens when: all hooks into WordPress and WooCommerce, in one place.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin's wiring. Other classes do; this one says when.
 */
final class Plugin {

	/**
	 * After WooCommerce's own work on a status (stock, e-mails: 10) and what other plugins do to the order there.
	 */
	private const LATE = 1000;

	/**
	 * Hooks into WordPress. What needs WooCommerce waits until it is there.
	 */
	public static function start(): void {
		register_activation_hook( PLUGIN_FILE, array( self::class, 'activate' ) );
		register_deactivation_hook( PLUGIN_FILE, array( self::class, 'deactivate' ) );
		add_action( 'before_woocommerce_init', array( self::class, 'declare_compatibility' ) );
		add_action( 'init', array( self::class, 'load_translations' ) );
		add_action( 'plugins_loaded', array( self::class, 'start_with_woocommerce' ), 20 );
		Schedule::hook();
		Site_Health::hook();
		Privacy::hook();
		Admin\Notices::hook();
		if ( defined( 'WP_CLI' ) && \WP_CLI ) {
			\WP_CLI::add_command( 'secure-dispatch', CLI::class );
		}
	}

	/**
	 * The plugin was switched on: orders count from now on. Those from before are not sent.
	 *
	 * @param bool $network_wide On all sites of a network. Those that are made later begin with their first background work.
	 */
	public static function activate( $network_wide = false ): void {
		self::on_sites(
			(bool) $network_wide,
			static function (): void {
				Settings::make();
				Schedule::ensure();
			}
		);
	}

	/**
	 * The plugin was switched off.
	 *
	 * @param bool $network_wide On all sites of a network.
	 */
	public static function deactivate( $network_wide = false ): void {
		self::on_sites( (bool) $network_wide, array( Schedule::class, 'clear' ) );
	}

	/**
	 * Does something on this site, or on each site of the network.
	 *
	 * @param bool     $all  Whether on each.
	 * @param callable $work What.
	 */
	public static function on_sites( bool $all, callable $work ): void {
		if ( ! $all || ! is_multisite() ) {
			$work();
			return;
		}
		$sites = get_sites(
			array(
				'fields' => 'ids',
				'number' => 0,
			)
		);
		foreach ( $sites as $site ) {
			switch_to_blog( $site );
			$work();
			restore_current_blog();
		}
	}

	/**
	 * High-performance order storage and the block checkout are fine: orders are only read and written by WooCommerce's own functions.
	 */
	public static function declare_compatibility(): void {
		if ( class_exists( \Automattic\WooCommerce\Utilities\FeaturesUtil::class ) ) {
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'custom_order_tables', PLUGIN_FILE );
			\Automattic\WooCommerce\Utilities\FeaturesUtil::declare_compatibility( 'cart_checkout_blocks', PLUGIN_FILE );
		}
	}

	/**
	 * Translations that do not come from translate.wordpress.org.
	 */
	public static function load_translations(): void {
		// phpcs:ignore PluginCheck.CodeAnalysis.DiscouragedFunctions.load_plugin_textdomainFound -- Not hosted there.
		load_plugin_textdomain( 'secure-dispatch', false, dirname( plugin_basename( PLUGIN_FILE ) ) . '/languages' );
	}

	/**
	 * Everything about orders.
	 */
	public static function start_with_woocommerce(): void {
		if ( ! self::has_woocommerce() ) {
			return;
		}
		foreach ( Settings::statuses() as $status ) {
			add_action( "woocommerce_order_status_$status", array( self::class, 'order_is_due' ), self::LATE );
		}
		// A part of the money was given back: the status stays, what the order says does not.
		add_action( 'woocommerce_order_refunded', array( self::class, 'order_is_due' ), self::LATE );
		add_filter( 'woocommerce_pre_delete_order_refund', array( self::class, 'refund_is_deleted' ), self::LATE, 2 );
		add_filter( 'wc_subscriptions_object_data', array( Receipts::class, 'leave_out_copies' ) );
		add_filter( 'woocommerce_rest_prepare_shop_order_object', array( Receipts::class, 'leave_out_of_rest' ) );
		Settings::hook();
		if ( is_admin() ) {
			Admin\Order_Screens::hook();
			Admin\Status_Page::hook();
			add_action( 'admin_enqueue_scripts', array( self::class, 'style' ) );
		}
	}

	/**
	 * The look of what is shown in WooCommerce's screens.
	 */
	public static function style(): void {
		if ( in_array( get_current_screen()?->id, wc_get_screen_ids(), true ) ) {
			wp_enqueue_style( 'secure-dispatch', plugins_url( 'assets/admin.css', PLUGIN_FILE ), array(), VERSION );
		}
	}

	/**
	 * Whether WooCommerce is there.
	 */
	public static function has_woocommerce(): bool {
		return function_exists( 'WC' ) && function_exists( 'wc_get_order' );
	}

	/**
	 * An order has come into a status that is told about. Whatever happens here, the shop goes on: the reconciler finds the order later.
	 *
	 * @param int|string|\WC_Order $order The order, or its id.
	 */
	public static function order_is_due( $order ): void {
		try {
			$order_id = is_object( $order ) ? $order->get_id() : (int) $order;
			try {
				Sender::tell( $order_id );
			} catch ( \Throwable $error ) {
				Log::surprise( $error, $order_id );
			}
		} catch ( \Throwable ) {
			// Not even that: the plugin's files are being replaced while this request runs.
			return;
		}
	}

	/**
	 * A part of the money is given back no more. WooCommerce has no hook for that which is called in all ways that there are, once it is done: so it
	 * is told when the request ends.
	 *
	 * @param mixed $decision Whether another plugin has decided that the refund is (not) deleted; null: none has.
	 * @param mixed $refund   The refund.
	 * @return mixed What was decided.
	 */
	public static function refund_is_deleted( $decision, $refund = null ) {
		if ( null === $decision && $refund instanceof \WC_Order_Refund ) {
			$order_id = $refund->get_parent_id();
			add_action( 'shutdown', static fn () => self::order_is_due( $order_id ) );
		}
		return $decision;
	}
}
