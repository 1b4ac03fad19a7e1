/* cmdline.c - the command line taken apart, and all of its network settings but ip=. See cmdline.h. */
#include "net/cmdline.h"

#include <string.h>

#define SHOWN_MAX 256 /* of a value in a problem */

static void problem_add(struct sal_net_cmdline *c, const struct sal_config_parameter *parameter,
			const char *reason)
{
	struct sal_config_problem problem = { .key = parameter->key, .reason = reason };

	if (parameter->has.value)
		sal_set(&problem, value, sal_arena_strndup(c->arena, parameter->value, SHOWN_MAX));
	c->problems = sal_arena_room(c->arena, c->problems, c->nproblems, sizeof(problem));
	c->problems[c->nproblems++] = problem;
}

static const char *ip_read(struct sal_net_cmdline *c, const char *value)
{
	struct sal_config_ip ip;
	const char *fault = sal_net_cmdline_ip(c->arena, value, &ip);

	if (fault)
		return fault;
	c->ips = sal_arena_room(c->arena, c->ips, c->nips, sizeof(ip));
	c->ips[c->nips++] = ip;
	return NULL;
}

static const char *nameserver_read(struct sal_net_cmdline *c, const char *value)
{
	struct sal_ip ip;

	if (!sal_net_cmdline_address(sal_arena_strdup(c->arena, value), &ip))
		return "it is not an IP address";
	c->nameservers = sal_arena_room(c->arena, c->nameservers, c->nnameservers, sizeof(ip));
	c->nameservers[c->nnameservers++] = ip;
	return NULL;
}

/* gw[,dev] behind the address; dev alone may be missing. */
static const char *mos_tail(struct sal_config_mos_ip *mos, char *gateway, char *dev)
{
	if (!gateway || !sal_ip_parse(gateway, &mos->gateway) ||
	    sal_net_cmdline_unusable(&mos->gateway))
		return "the gateway is missing or not an IP address of a node";
	if (mos->gateway.family != mos->local.family)
		return "the gateway is of another address family than the address";
	if (dev && !sal_ifname_valid(dev))
		return "the device is not a valid interface name";
	if (dev)
		sal_set(mos, dev, dev);
	return NULL;
}

/* mosip4=addr,gw,netmask[,dev] */
static const char *mosip4_read(struct sal_net_cmdline *c, const char *value)
{
	struct sal_config_mos_ip mos = { 0 };
	char *rest = sal_arena_strdup(c->arena, value);
	char *local = strsep(&rest, ","), *gateway = strsep(&rest, ",");
	char *netmask = strsep(&rest, ","), *dev = strsep(&rest, ",");
	const char *fault;

	if (!sal_ip_parse(local, &mos.local) || mos.local.family != AF_INET ||
	    sal_net_cmdline_unusable(&mos.local))
		return "the address is not an IPv4 address of a node";
	fault = mos_tail(&mos, gateway, dev);
	if (fault)
		return fault;
	if (!netmask || !sal_net_cmdline_netmask(netmask, AF_INET, &mos.prefixlen))
		return "the netmask is missing or no netmask";
	if (rest)
		return "there is more than addr,gw,netmask,dev";
	c->mosip4 = sal_arena_dup(c->arena, &mos, sizeof(mos));
	return NULL;
}

/* mosip6=addr/prefix,gw[,dev] */
static const char *mosip6_read(struct sal_net_cmdline *c, const char *value)
{
	struct sal_config_mos_ip mos = { 0 };
	char *rest = sal_arena_strdup(c->arena, value);
	char *local = strsep(&rest, ","), *gateway = strsep(&rest, ","), *dev = strsep(&rest, ",");
	char *bits = strchr(local, '/');
	const char *fault;

	if (bits)
		*bits++ = '\0';
	if (!sal_ip_parse(local, &mos.local) || mos.local.family != AF_INET6 ||
	    sal_net_cmdline_unusable(&mos.local))
		return "the address is not an IPv6 address of a node";
	if (!bits || !sal_net_cmdline_netmask(bits, AF_INET6, &mos.prefixlen))
		return "the prefix length is missing or not a number up to 128";
	fault = mos_tail(&mos, gateway, dev);
	if (fault)
		return fault;
	if (rest)
		return "there is more than addr/prefix,gw,dev";
	c->mosip6 = sal_arena_dup(c->arena, &mos, sizeof(mos));
	return NULL;
}

static const char *mosbridge_read(struct sal_net_cmdline *c, const char *value)
{
	static const enum sal_config_backend linux_bridge = SAL_CONFIG_BACKEND_LINUX;
	static const enum sal_config_backend ovs = SAL_CONFIG_BACKEND_OVS;

	if (strcmp(value, "ovs") == 0)
		c->mosbridge = &ovs;
	else if (strcmp(value, "linux") == 0)
		c->mosbridge = &linux_bridge;
	else
		return "it is neither ovs nor linux";
	return NULL;
}

static const char *mosnat_read(struct sal_net_cmdline *c, const char *value)
{
	static const enum sal_config_nat snat = SAL_CONFIG_NAT_SNAT;

	if (strcmp(value, "snat") != 0)
		return "it is not snat";
	c->mosnat = &snat;
	return NULL;
}

/* once: a second one is a problem, and the last that can be used is shown. */
static const struct {
	const char *key;
	bool once;
	const char *(*read)(struct sal_net_cmdline *c,
			    const char *value); /* NULL, or what is wrong */
} settings[] = {
	{ "ip", false, ip_read },
	{ "nameserver", false, nameserver_read },
	{ "mosip4", true, mosip4_read },
	{ "mosip6", true, mosip6_read },
	{ "mosbridge", true, mosbridge_read },
	{ "mosnat", true, mosnat_read },
};

static void setting_read(struct sal_net_cmdline *c, const struct sal_config_parameter *parameter,
			 unsigned *seen)
{
	for (size_t i = 0; i < SAL_ARRAY_LEN(settings); i++) {
		const char *fault;

		if (strcmp(settings[i].key, parameter->key) != 0)
			continue;
		if (settings[i].once && (*seen & (1U << i)))
			problem_add(c, parameter,
				    "it is given more than once; the last usable one is shown");
		*seen |= 1U << i;
		fault = parameter->has.value ? settings[i].read(c, parameter->value)
					     : "it has no value";
		if (fault)
			problem_add(c, parameter, fault);
	}
}

/* White space as the kernel's Latin-1 table has it: 0xa0, the hard space, is one. */
static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (unsigned char)c == 0xa0;
}

/*
 * One parameter by the kernel's rules: quotes keep white space together; the pair around the whole
 * parameter or around its value is taken off, others stay. Cuts the text up; returns what follows.
 */
static char *parameter_cut(char *at, struct sal_config_parameter *ret_parameter)
{
	bool inside = *at == '"', whole = inside;
	char *start = at += inside, *equals = NULL, *end, *next;

	for (; *at && (inside || !is_blank(*at)); at++) {
		if (!equals && *at == '=')
			equals = at;
		if (*at == '"')
			inside = !inside;
	}
	end = at;
	next = *at ? at + 1 : at;
	*at = '\0';
	*ret_parameter = (struct sal_config_parameter){ .key = start };
	if (equals) {
		char *value = equals + 1;

		*equals = '\0';
		if (*value == '"') {
			value++;
			if (end > value && end[-1] == '"')
				*--end = '\0';
		}
		sal_set(ret_parameter, value, value);
	}
	if (whole && end > start && end[-1] == '"')
		end[-1] = '\0';
	return next;
}

void sal_net_cmdline_parse(struct sal_net_cmdline *c, const char *text, size_t len)
{
	char *at = sal_arena_strndup(c->arena, text, len);
	struct sal_config_parameter parameter;
	bool init = false;
	unsigned seen = 0;

	for (;;) {
		while (is_blank(*at))
			at++;
		if (!*at)
			break;
		at = parameter_cut(at, &parameter);
		if (!init && !parameter.has.value && strcmp(parameter.key, "--") == 0) {
			init = true;
			continue;
		}
		if (init)
			sal_set(&parameter, init, true);
		else
			setting_read(c, &parameter, &seen);
		c->parameters =
			sal_arena_room(c->arena, c->parameters, c->nparameters, sizeof(parameter));
		c->parameters[c->nparameters++] = parameter;
	}
}
