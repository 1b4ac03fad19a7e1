/*
 * ovs.c - net.ovs: bridges, ports and interfaces as OVSDB has them.
 *
 * One transaction reads all tables, so the answer is one consistent look. What a row says is read by
 * ovs_row.c. Sources: RFC 7047, ovs-vswitchd.conf.db(5); the oracle is ovs-vsctl -f json list.
 */
#include "gen/net.ovs.h"

#include <string.h>

#include "kernel/ovs.h"
#include "net/ovs_row.h"

enum table { ROOT, BRIDGE, PORT, INTERFACE, CONTROLLER, TABLES };

static const char *const table_names[TABLES] = {
	[ROOT] = "Open_vSwitch",   [BRIDGE] = "Bridge",		[PORT] = "Port",
	[INTERFACE] = "Interface", [CONTROLLER] = "Controller",
};

struct database {
	struct sal_ovs db; /* what was received lives in it */
	struct sal_net_ovs_table tables[TABLES];
	const char *schema_version;
};

static void database_close(struct database *database)
{
	sal_ovs_close(&database->db);
}

static int malformed(const char *what, struct sal_error *err)
{
	return sal_fail(err, SAL_IO, "ovsdb-server sent a malformed %s", what);
}

static int schema_version_read(struct database *database, struct sal_arena *arena,
			       struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf params = SAL_BUF_EMPTY;
	struct sal_slice result, error, key, value;
	struct sal_json_iter iter;
	char version[64];
	int r;

	sal_buf_puts(&params, "[\"Open_vSwitch\"]");
	r = sal_ovs_call(&database->db, "get_schema", &params, &result, &error, err);
	if (r < 0)
		return r;
	if (sal_json_kind(result) !=
	    SAL_JSON_OBJECT) /* an error too: it is no Open_vSwitch database */
		return malformed("schema", err);
	iter = sal_json_iter(result);
	while (sal_json_next_member(&iter, &key, &value))
		if (sal_json_string_equals(key, "version") &&
		    sal_json_string_copy(value, version, sizeof(version)) >= 0)
			database->schema_version = sal_arena_strdup(arena, version);
	return database->schema_version ? 0 : malformed("schema", err);
}

static int tables_read(struct database *database, struct sal_arena *arena, struct sal_error *err)
{
	SAL_CLEANUP(sal_buf_done) struct sal_buf operations = SAL_BUF_EMPTY;
	struct sal_slice results, result;
	struct sal_json_iter iter;
	int r;

	for (unsigned i = 0; i < TABLES; i++)
		sal_buf_printf(&operations, "%s{\"op\":\"select\",\"table\":\"%s\",\"where\":[]}",
			       i ? "," : "", table_names[i]);
	r = sal_ovs_transact(&database->db, &operations, TABLES, &results, err);
	if (r < 0)
		return r;
	iter = sal_json_iter(results);
	for (unsigned i = 0; i < TABLES && sal_json_next(&iter, &result); i++)
		if (!sal_net_ovs_table_read(arena, result, &database->tables[i]))
			return malformed("table", err);
	return database->tables[ROOT].len == 1 ? 0 : malformed("table Open_vSwitch", err);
}

static int row_fail(enum table table, struct sal_error *err)
{
	int r = malformed("row", err);

	sal_error_subject(err, "table %s", table_names[table]);
	return r;
}

static int interfaces_read(struct database *database, struct sal_arena *arena,
			   struct sal_slice port_row, struct sal_ovs_port *port,
			   struct sal_error *err)
{
	struct sal_ovs_interface *interfaces;
	struct sal_slice *rows;
	size_t n;

	if (!sal_net_ovs_row_children(arena, port_row, "interfaces", &database->tables[INTERFACE],
				      &rows, &n))
		return row_fail(PORT, err);
	interfaces = sal_arena_array(arena, n, sizeof(*interfaces));
	for (size_t i = 0; i < n; i++)
		if (!sal_net_ovs_row_read(arena, rows[i], &sal_ovs_interface_type, &interfaces[i]))
			return row_fail(INTERFACE, err);
	port->interfaces = (struct sal_ovs_interface_array){ interfaces, n };
	return 0;
}

static int ports_read(struct database *database, struct sal_arena *arena,
		      struct sal_slice bridge_row, struct sal_ovs_bridge *bridge,
		      struct sal_error *err)
{
	struct sal_ovs_port *ports;
	struct sal_slice *rows;
	size_t n;

	if (!sal_net_ovs_row_children(arena, bridge_row, "ports", &database->tables[PORT], &rows,
				      &n))
		return row_fail(BRIDGE, err);
	ports = sal_arena_array(arena, n, sizeof(*ports));
	for (size_t i = 0; i < n; i++) {
		int r;

		if (!sal_net_ovs_row_read(arena, rows[i], &sal_ovs_port_type, &ports[i]))
			return row_fail(PORT, err);
		r = interfaces_read(database, arena, rows[i], &ports[i], err);
		if (r < 0)
			return r;
	}
	bridge->ports = (struct sal_ovs_port_array){ ports, n };
	return 0;
}

static int controllers_read(struct database *database, struct sal_arena *arena,
			    struct sal_slice bridge_row, struct sal_ovs_bridge *bridge,
			    struct sal_error *err)
{
	struct sal_ovs_controller *controllers;
	struct sal_slice *rows;
	size_t n;

	if (!sal_net_ovs_row_children(arena, bridge_row, "controller",
				      &database->tables[CONTROLLER], &rows, &n))
		return row_fail(BRIDGE, err);
	controllers = sal_arena_array(arena, n, sizeof(*controllers));
	for (size_t i = 0; i < n; i++)
		if (!sal_net_ovs_row_read(arena, rows[i], &sal_ovs_controller_type,
					  &controllers[i]))
			return row_fail(CONTROLLER, err);
	sal_set(bridge, controller, ((struct sal_ovs_controller_array){ controllers, n }));
	return 0;
}

static int bridge_emit(struct sal_call *call, struct database *database, struct sal_slice row,
		       struct sal_error *err)
{
	struct sal_arena_mark mark = sal_arena_mark(call->arena);
	struct sal_ovs_bridge bridge;
	int r = 0;

	if (!sal_net_ovs_row_read(call->arena, row, &sal_ovs_bridge_type, &bridge))
		r = row_fail(BRIDGE, err);
	if (r >= 0)
		r = ports_read(database, call->arena, row, &bridge, err);
	if (r >= 0)
		r = controllers_read(database, call->arena, row, &bridge, err);
	if (r >= 0)
		r = sal_net_ovs_item(call, &bridge, err);
	sal_arena_reset(call->arena, mark);
	return r;
}

/* Of the ovs-vswitchd that runs; NULL when none answers, which is no failure of this method. */
static const char *vswitchd_version(struct sal_arena *arena)
{
	SAL_CLEANUP(sal_ovs_close) struct sal_ovs vswitchd = SAL_OVS_CLOSED;
	struct sal_ovs_text text;
	const char *last;

	if (sal_ovs_open_vswitchd(&vswitchd, NULL) < 0 ||
	    sal_ovs_command_output(&vswitchd, "version", NULL, 0, &text, NULL) < 0)
		return NULL;
	text.text[strcspn(text.text, "\n")] = '\0'; /* "ovs-vswitchd (Open vSwitch) 3.1.0" */
	last = strrchr(text.text, ' ');
	return sal_arena_strdup(arena, last ? last + 1 : text.text);
}

int sal_net_ovs(struct sal_call *call, const struct sal_net_ovs_params *params,
		struct sal_error *err)
{
	SAL_CLEANUP(database_close) struct database database = { .db = SAL_OVS_CLOSED };
	struct sal_net_ovs_result result = { .consistent = true };
	struct sal_ovs_root root;
	int r = sal_ovs_open_db(&database.db, err);

	if (r >= 0)
		r = schema_version_read(&database, call->arena, err);
	if (r >= 0)
		r = tables_read(&database, call->arena, err);
	if (r < 0)
		return r;
	if (!sal_net_ovs_row_read(call->arena, database.tables[ROOT].rows[0].text,
				  &sal_ovs_root_type, &root))
		return row_fail(ROOT, err);
	for (size_t i = 0; i < database.tables[BRIDGE].len && r >= 0; i++)
		r = bridge_emit(call, &database, database.tables[BRIDGE].rows[i].text, err);
	if (r < 0)
		return r;
	result.open_vswitch = &root;
	result.schema_version = database.schema_version;
	sal_set_found(&result, version, vswitchd_version(call->arena));
	return sal_net_ovs_done(call, &result, err);
}
