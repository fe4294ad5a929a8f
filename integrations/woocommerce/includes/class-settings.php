<?php
/**
 * What the owner can choose: WooCommerce → Settings → Advanced → Secure Dispatch.
 *
 * @package SecureDispatch\WooCommerce
 */

namespace SecureDispatch\WooCommerce;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin's options. Where orders go, and with which key, is the server's to say (php.ini), never WordPress's.
 */
final class Settings {

	private const SECTION  = 'secure-dispatch';
	private const STATUSES = 'secure_dispatch_statuses';
	private const WAITS    = 'secure_dispatch_waits';
	private const SITE     = 'secure_dispatch_site';

	/** The statuses that are told about unless the owner chooses others. */
	private const DEFAULT_STATUSES = array( 'processing', 'completed', 'cancelled', 'refunded' );

	/**
	 * Puts the section into WooCommerce's settings.
	 */
	public static function hook(): void {
		add_filter( 'woocommerce_get_sections_advanced', static fn ( array $sections ) => $sections + array( self::SECTION => __( 'Secure Dispatch', 'secure-dispatch' ) ) );
		add_filter( 'woocommerce_get_settings_advanced', static fn ( array $settings, $section ) => self::SECTION === $section ? self::fields() : $settings, 10, 2 );
		add_filter( 'plugin_action_links_' . plugin_basename( PLUGIN_FILE ), array( self::class, 'link' ) );
	}

	/**
	 * Makes what has to be there before the first order.
	 */
	public static function make(): void {
		self::site();
		Reconciler::begin();
		// An option that is not there is looked for in the database in each request.
		add_option( self::STATUSES, self::DEFAULT_STATUSES );
		add_option( self::WAITS, 'no' );
	}

	/**
	 * Statuses that are told about, without wc-.
	 *
	 * @return string[]
	 */
	public static function statuses(): array {
		$chosen = get_option( self::STATUSES, self::DEFAULT_STATUSES );
		$bare   = static fn ( $status ) => preg_replace( '/^wc-/', '', (string) $status );
		return array_values( array_unique( array_filter( array_map( $bare, (array) $chosen ) ) ) );
	}

	/**
	 * Whether the shopper waits until the service has answered, secure_dispatch.wait_ms at most.
	 */
	public static function waits(): bool {
		return 'yes' === get_option( self::WAITS, 'no' );
	}

	/**
	 * What tells this shop's orders from those of another one that has the same numbers: one outbox may serve several.
	 */
	public static function site(): string {
		$site = (string) get_option( self::SITE, '' );
		if ( '' === $site ) {
			global $wpdb;
			// add_option() writes over what another process was faster with.
			// phpcs:ignore WordPress.DB.DirectDatabaseQuery
			$wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'yes')", self::SITE, bin2hex( random_bytes( 8 ) ) ) );
			wp_cache_delete( 'alloptions', 'options' );
			wp_cache_delete( 'notoptions', 'options' );
			$site = (string) get_option( self::SITE );
		}
		return $site;
	}

	/**
	 * Where the settings are.
	 */
	public static function url(): string {
		return admin_url( 'admin.php?page=wc-settings&tab=advanced&section=' . self::SECTION );
	}

	/**
	 * A link to the settings in the list of plugins.
	 *
	 * @param string[] $links Links.
	 */
	public static function link( $links ): array {
		return array_merge( array( sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Settings', 'secure-dispatch' ) ) ), (array) $links );
	}

	/**
	 * Removes all options.
	 */
	public static function remove(): void {
		array_map( 'delete_option', array( self::STATUSES, self::WAITS, self::SITE ) );
	}

	/**
	 * The fields, as WooCommerce draws and saves them.
	 */
	private static function fields(): array {
		$statuses = array();
		// A draft of the block checkout is no order yet.
		foreach ( array_diff_key( wc_get_order_statuses(), array( 'wc-checkout-draft' => true ) ) as $status => $name ) {
			$statuses[ preg_replace( '/^wc-/', '', $status ) ] = $name;
		}
		return array(
			array(
				'type'  => 'title',
				'id'    => self::SECTION,
				'title' => __( 'Secure Dispatch', 'secure-dispatch' ),
				'desc'  => sprintf(
					/* translators: 1: a host name. 2: URL of a page. */
					__( 'Orders are sent to %1$s. Where they go, and with which key, is set on the server (php.ini), out of reach of WordPress. <a href="%2$s">How things stand</a>', 'secure-dispatch' ),
					'<strong>' . esc_html( Extension::host() ) . '</strong>',
					esc_url( Admin\Status_Page::url() )
				),
			),
			array(
				'type'    => 'multiselect',
				'id'      => self::STATUSES,
				'title'   => __( 'Send an order when its status becomes', 'secure-dispatch' ),
				'desc'    => __( 'Bank transfers begin as "on hold", downloads go straight to "completed". A partial refund of an order in one of these is sent too.', 'secure-dispatch' ),
				'class'   => 'wc-enhanced-select',
				'default' => self::DEFAULT_STATUSES,
				'options' => $statuses,
			),
			array(
				'type'     => 'checkbox',
				'id'       => self::WAITS,
				'title'    => __( 'Wait for the answer', 'secure-dispatch' ),
				'desc'     => Extension::has_outbox()
					? __( 'Have the shopper wait until the service has answered (not longer than secure_dispatch.wait_ms in php.ini)', 'secure-dispatch' )
					: __( 'Have the shopper wait until the service has answered (not longer than secure_dispatch.timeout_ms in php.ini)', 'secure-dispatch' ),
				'desc_tip' => __( 'Without it orders are kept at checkout, and sent within about a minute. Nothing is lost either way.', 'secure-dispatch' ),
				'default'  => 'no',
			),
			array(
				'type' => 'sectionend',
				'id'   => self::SECTION,
			),
		);
	}
}
