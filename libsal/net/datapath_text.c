/*
 * datapath_text.c - dpctl/show -s and dpif/show. See datapath_text.h.
 *
 * A counter that a port does not keep is "?" there and absent here. Sources: ovs-dpctl(8),
 * ovs-vswitchd(8).
 */
#include "net/datapath_text.h"

#include <stdlib.h>
#include <string.h>

#include "net/flow_text.h"

/* Number of lines, as the most that can come of a text. */
static size_t lines_count(const char *text)
{
	size_t n = 1;

	for (const char *p = text; (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

/* "NAME OFPORT/PORT: (TYPE…)", from its end: a name may hold anything. */
static bool interface_read(char *line, struct sal_net_dpif_interface *ret)
{
	char *slash = NULL, *space = NULL;
	const char *p;
	uint64_t ofport;

	for (char *at = line; (at = strstr(at, ": (")); at++) {
		for (slash = at; slash > line && *slash != '/';)
			slash--;
		for (space = slash; space > line && *space != ' ';)
			space--;
		p = space + 1;
		if (space == line || !sal_net_text_u64(&p, &ofport) || p != slash ||
		    ofport > UINT32_MAX)
			continue;
		p = slash + 1;
		if (!sal_net_text_u64(&p, &ret->port) || p != at)
			continue; /* "none": a patch port has no port below */
		*space = '\0';
		ret->interface.name = line;
		ret->interface.ofport = (uint32_t)ofport;
		return true;
	}
	return false;
}

void sal_net_dpif_read(struct sal_arena *arena, char *text, struct sal_net_dpif *ret_dpif)
{
	const char *datapath = NULL, *bridge = NULL;
	char *line;

	ret_dpif->items = sal_arena_array(arena, lines_count(text), sizeof(*ret_dpif->items));
	ret_dpif->len = 0;
	while (sal_net_line_next(&text, &line)) {
		struct sal_net_dpif_interface *item = &ret_dpif->items[ret_dpif->len];
		size_t indent = strspn(line, " ");
		char *end;

		line += indent;
		if (indent == 0 && (end = strstr(line, ": hit:"))) {
			*end = '\0';
			datapath = line;
			bridge = NULL;
		} else if (indent == 2 && *line && line[strlen(line) - 1] == ':') {
			line[strlen(line) - 1] = '\0';
			bridge = line;
		} else if (indent == 4 && datapath && bridge && interface_read(line, item)) {
			item->datapath = datapath;
			item->interface.bridge = bridge;
			ret_dpif->len++;
		}
	}
}

static struct sal_datapath_interface_array interfaces_of(struct sal_arena *arena,
							 const struct sal_net_dpif *dpif,
							 const char *datapath, uint32_t port)
{
	struct sal_datapath_interface *items;
	size_t n = 0;

	for (size_t i = 0; i < dpif->len; i++)
		n += dpif->items[i].port == port && !strcmp(dpif->items[i].datapath, datapath);
	items = sal_arena_array(arena, n, sizeof(*items));
	n = 0;
	for (size_t i = 0; i < dpif->len; i++)
		if (dpif->items[i].port == port && !strcmp(dpif->items[i].datapath, datapath))
			items[n++] = dpif->items[i].interface;
	return (struct sal_datapath_interface_array){ items, n };
}

/* "port 6: vxlan_sys_4789 (vxlan: packet_type=ptap)", without its first word. */
static bool port_read(struct sal_arena *arena, const char *p, const struct sal_net_dpif *dpif,
		      const char *datapath, struct sal_datapath_port *port)
{
	uint64_t number;
	const char *name;
	char *type, *config;
	size_t len;

	if (!sal_net_text_u64(&p, &number) || number > UINT32_MAX ||
	    !(name = sal_net_text_after(p, ": ")))
		return false;
	*port = (struct sal_datapath_port){ .port = (uint32_t)number, .name = name };
	port->interfaces = interfaces_of(arena, dpif, datapath, port->port);
	len = strlen(name);
	type = strstr(name, " (");
	if (!type || name[len - 1] != ')')
		return true;
	((char *)name)[len - 1] = '\0';
	*type = '\0';
	type += 2;
	config = strstr(type, ": ");
	if (config) {
		*config = '\0';
		sal_set(port, config, config + 2);
	}
	sal_set(port, type, type);
	return true;
}

#define COUNTER(text_key, member)                                                                  \
	do {                                                                                       \
		uint64_t value;                                                                    \
		if (sal_net_text_counter(line, text_key, &value))                                  \
			sal_set(counters, member, value);                                          \
	} while (0)

/* One of the lines of counters behind a port; false if it is none. */
static bool counters_read(const char *line, struct sal_datapath_counters *counters)
{
	if (sal_net_text_after(line, "RX packets:")) {
		COUNTER("packets", rx_packets);
		COUNTER("errors", rx_errors);
		COUNTER("dropped", rx_dropped);
		COUNTER("overruns", rx_over_err);
		COUNTER("frame", rx_frame_err);
	} else if (sal_net_text_after(line, "TX packets:")) {
		COUNTER("packets", tx_packets);
		COUNTER("errors", tx_errors);
		COUNTER("dropped", tx_dropped);
		COUNTER("aborted", tx_aborted_err);
		COUNTER("carrier", tx_carrier_err);
	} else if (sal_net_text_after(line, "RX bytes:")) {
		COUNTER("bytes", rx_bytes);
		line = strstr(line, "TX ");
		if (line) {
			line += 3;
			COUNTER("bytes", tx_bytes);
		}
	} else if (sal_net_text_after(line, "UPCALL packets:")) {
		COUNTER("packets", upcall_packets);
		COUNTER("errors", upcall_errors);
	} else if (sal_net_text_after(line, "collisions:")) {
		COUNTER("collisions", collisions);
	} else {
		return false;
	}
	return true;
}

/* "lookups: hit:9 missed:14 lost:0", "flows: 12", "masks: hit:5 total:2 hit/pkt:1.25". */
static void facts_read(struct sal_arena *arena, const char *line, struct sal_datapath *datapath)
{
	const char *value;
	uint64_t number;

	if ((value = sal_net_text_after(line, "lookups: "))) {
		struct sal_datapath_lookups *lookups = sal_arena_zalloc(arena, sizeof(*lookups));

		if (sal_net_text_counter(value, "hit", &lookups->hit) &&
		    sal_net_text_counter(value, "missed", &lookups->missed) &&
		    sal_net_text_counter(value, "lost", &lookups->lost))
			sal_set(datapath, lookups, lookups);
	} else if ((value = sal_net_text_after(line, "flows: "))) {
		if (sal_net_text_u64(&value, &number))
			sal_set(datapath, flows, number);
	} else if ((value = sal_net_text_after(line, "masks: "))) {
		struct sal_datapath_masks *masks = sal_arena_zalloc(arena, sizeof(*masks));
		const char *average = strstr(value, "hit/pkt:");

		if (average && strspn(average + 8, "0123456789.") < 32)
			masks->hit_per_pkt = strtod(average + 8, NULL);
		if (sal_net_text_counter(value, "hit", &masks->hit) &&
		    sal_net_text_counter(value, "total", &masks->total))
			sal_set(datapath, masks, masks);
	}
}

bool sal_net_datapath_read(struct sal_arena *arena, char *text, const struct sal_net_dpif *dpif,
			   struct sal_datapath *datapath)
{
	size_t room = lines_count(text), n = 0;
	struct sal_datapath_port *ports = sal_arena_array(arena, room, sizeof(*ports));
	struct sal_datapath_counters *counters = sal_arena_array(arena, room, sizeof(*counters));
	const char *port;
	char *line;

	if (!sal_net_line_next(&text, &line) || line[strlen(line) - 1] != ':')
		return false;
	while (sal_net_line_next(&text, &line)) {
		line += strspn(line, " ");
		if ((port = sal_net_text_after(line, "port "))) {
			if (!port_read(arena, port, dpif, datapath->name, &ports[n]))
				return false;
			n++;
		} else if (n && counters_read(line, &counters[n - 1])) {
			sal_set(&ports[n - 1], statistics, &counters[n - 1]);
		} else {
			facts_read(arena, line, datapath);
		}
	}
	datapath->ports = (struct sal_datapath_port_array){ ports, n };
	return true;
}
