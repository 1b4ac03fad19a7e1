/*
 * ovs_datapaths.c - asks ovs-vswitchd which datapaths there are, and about one. See ovs_datapaths.h.
 *
 * Source: ovs-dpctl(8).
 */
#include "net/ovs_datapaths.h"

#include <string.h>

#include "net/flow_text.h"

int sal_net_ovs_list(struct sal_ovs *vswitchd, const char *command, struct sal_ovs_text *ret_text,
		     struct sal_error *err)
{
	int r = sal_ovs_command(vswitchd, command, NULL, 0, ret_text, err);

	if (r < 0 || !ret_text->refused)
		return r;
	if (!ret_text->unknown)
		return sal_ovs_refusal(vswitchd, command, ret_text, err);
	ret_text->text[0] = '\0';
	ret_text->len = 0;
	return 0;
}

int sal_net_ovs_datapaths(struct sal_ovs *vswitchd, struct sal_arena *arena,
			  struct sal_strings *ret_names, struct sal_error *err)
{
	struct sal_ovs_text text;
	const char **names;
	char *rest, *line;
	size_t n = 1;
	int r = sal_net_ovs_list(vswitchd, "dpctl/dump-dps", &text, err);

	if (r < 0)
		return r;
	rest = sal_arena_strndup(arena, text.text, text.len);
	for (const char *p = rest; (p = strchr(p, '\n')); p++)
		n++;
	names = sal_arena_array(arena, n, sizeof(*names));
	n = 0;
	while (sal_net_line_next(&rest, &line))
		names[n++] = line;
	*ret_names = (struct sal_strings){ names, n };
	return 0;
}

int sal_net_ovs_datapath_ask(struct sal_ovs *vswitchd, const char *command, const char *const *args,
			     unsigned n, struct sal_ovs_text *ret_text, bool *ret_gone,
			     struct sal_error *err)
{
	int r = sal_ovs_command(vswitchd, command, args, n, ret_text, err);

	*ret_gone = false;
	if (r < 0 || !ret_text->refused)
		return r;
	*ret_gone = strstr(ret_text->text, "datapath not found") ||
		    strstr(ret_text->text, "No such device");
	return *ret_gone ? 0 : sal_ovs_refusal(vswitchd, command, ret_text, err);
}
