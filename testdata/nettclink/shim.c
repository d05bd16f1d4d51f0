/*
 * Preloaded under the stock TCLink client (libnet-tclink-perl) so that it talks to a simulator on
 * loopback. It changes three calls and nothing of the protocol:
 *
 *   gethostbyname  gives the addresses of SHIM_ADDRS (dotted IPv4, comma between, eight at most)
 *   connect        to port 443 goes to port SHIM_PORT
 *   X509_cmp       says that the peer's certificate equals the one built into the client, which is that
 *                  of the real gateway in 2003
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_ADDRS 8

struct hostent *gethostbyname(const char *name)
{
	static unsigned char bytes[MAX_ADDRS][4];
	static char *list[MAX_ADDRS + 1];
	static char *no_aliases[1];
	static struct hostent entry;
	const char *env = getenv("SHIM_ADDRS");
	char copy[256], *rest = NULL, *one;
	int n = 0;

	if (env == NULL || strlen(env) >= sizeof copy)
		return NULL;
	strcpy(copy, env);
	for (one = strtok_r(copy, ",", &rest); one != NULL && n < MAX_ADDRS; one = strtok_r(NULL, ",", &rest))
		if (inet_pton(AF_INET, one, bytes[n]) == 1) {
			list[n] = (char *)bytes[n];
			n++;
		}
	list[n] = NULL;
	entry.h_name = (char *)name;
	entry.h_aliases = no_aliases;
	entry.h_addrtype = AF_INET;
	entry.h_length = 4;
	entry.h_addr_list = list;
	return n > 0 ? &entry : NULL;
}

int connect(int fd, const struct sockaddr *to, socklen_t length)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
	const char *port = getenv("SHIM_PORT");
	struct sockaddr_in moved;

	if (to->sa_family != AF_INET || length < sizeof moved || port == NULL)
		return real(fd, to, length);
	memcpy(&moved, to, sizeof moved);
	if (moved.sin_port == htons(443))
		moved.sin_port = htons((unsigned short)atoi(port));
	return real(fd, (struct sockaddr *)&moved, sizeof moved);
}

int X509_cmp(const void *one, const void *other)
{
	(void)one;
	(void)other;
	return 0;
}
