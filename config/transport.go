package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// noNIC reports whether a link leaves by no NIC.
func noNIC(l *Link) bool { return l.Transport == TransportATMTCP || l.Transport == TransportUDPCell }

// transportOf returns the transport of a table before its other keys are read, which mean different
// things with different ones.
func transportOf(t *table) Transport {
	if e := t.find("transport"); e != nil && e.val.kind == unstable.String {
		if v, err := parseWord(transports, e.val.text); err == nil {
			return v
		}
	}
	return DefaultTransport
}

// given returns the entry of a name that is not set to its default "", or nil.
func (t *table) given(name string) *entry {
	if e := t.find(name); e != nil && (e.val.kind != unstable.String || e.val.text != "") {
		return e
	}
	return nil
}

// checkTransport refuses what a link with such a transport has not got, and wants what it needs.
func (r *reader) checkTransport(t *table, l *Link) {
	if l.Transport != TransportUDPCell && l.AnyAAL5CRC {
		r.fail(t.find("any_aal5_crc").at, "link.any_aal5_crc", fmt.Sprintf(`only a link with transport = "udp-cell" has it; this one's is %q`, l.Transport))
	}
	if !noNIC(l) {
		for _, key := range []string{"listen", "connect"} {
			if e := t.given(key); e != nil {
				r.fail(e.at, "link."+key, `only a link with transport = "atmtcp" or "udp-cell" has it; this one's is "ethernet"`)
			}
		}
		return
	}
	for _, key := range []string{"interface", "mode", "transmit", "receive"} {
		if e := t.find(key); e != nil {
			r.fail(e.at, "link."+key, fmt.Sprintf(`a link over %s has no NIC; remove the key, or write transport = "ethernet"`, l.Transport))
		}
	}
	if l.Transport == TransportUDPCell {
		r.checkCellEnds(t)
	} else {
		r.checkEnds(t)
	}
	switch e := t.find("role"); {
	case e == nil && !t.torn:
		r.fail(t.at, "link.role", fmt.Sprintf(`missing in this [[link]]; add role = "network" or "user": over %s there are no MACs that could decide`, l.Transport))
	case e != nil && l.Role == RoleAuto && e.val.text == RoleAuto.String():
		r.fail(e.val.at, "link.role", fmt.Sprintf(`"auto" decides by the MACs of two NICs, which a link over %s has not; expected "user" or "network"`, l.Transport))
	}
	if l.Capacity == 0 {
		l.Capacity = DefaultOC3Capacity
	}
}

// checkCellEnds wants the addresses of UDP of both ends.
func (r *reader) checkCellEnds(t *table) {
	if e := t.find("peer"); e != nil {
		r.fail(e.at, "link.peer", `cells are taken from the end in connect alone; remove the key`)
	}
	for _, end := range [][2]string{{"listen", "192.0.2.7:4000"}, {"connect", "192.0.2.1:4000"}} {
		key, example := end[0], end[1]
		e := t.given(key)
		if e == nil {
			if !t.torn {
				r.fail(t.at, "link."+key, fmt.Sprintf("missing in this [[link]]; add %s = %q: over udp-cell both ends are told", key, example))
			}
			continue
		}
		if a, err := netip.ParseAddrPort(e.val.text); e.val.kind == unstable.String && (err != nil || a.Port() == 0 || a.Addr().IsUnspecified()) {
			r.fail(e.val.at, "link."+key, fmt.Sprintf("%s is no end of a link over udp-cell; expected an IP address and a port, such as %q", quote(e.val.text), example))
		}
	}
}

// checkMode refuses what a link in frame mode has not got, and takes its defaults away.
func (r *reader) checkMode(t *table, l *Link) {
	if l.Mode == ModeCell {
		return
	}
	for key, set := range map[string]bool{
		"cell_label": l.Cells.Label != DefaultCellLabel, "control_word": l.Cells.NoControlWord,
		"cells_per_frame": l.Cells.PerFrame != 0, "cell_delay": l.Cells.Delay != DefaultCellDelay,
	} {
		if e := t.find(key); e != nil && set {
			r.fail(e.at, "link."+key, `only a link with mode = "cell" has it; this one's is "frame"`)
		}
	}
	l.Cells = Cells{}
}

// checkEnds wants one address of TCP, and no one else's.
func (r *reader) checkEnds(t *table) {
	listen, connect := t.given("listen"), t.given("connect")
	switch {
	case listen == nil && connect == nil && !t.torn:
		r.fail(t.at, "link.listen", `missing in this [[link]]; add listen = "127.0.0.1:2812", or connect = "192.0.2.1:2812" if the peer listens`)
	case listen != nil && connect != nil:
		r.fail(connect.at, "link.connect", fmt.Sprintf("the link listens already, on line %d; keep one of the two", listen.at.line))
	}
	if e := t.find("peer"); e != nil && listen == nil && connect != nil {
		r.fail(e.at, "link.peer", `says who may connect, and this link connects itself; remove the key`)
	}
}

// ownAddress wants the host's address if there is a link that no MAC gives one.
func (r *reader) ownAddress(c *Config) {
	if d := r.root.find("daemon"); d != nil && d.val.table != nil {
		if d.val.table.torn || d.val.table.given("address") != nil {
			return
		}
	}
	for i := range c.Links {
		if l := &c.Links[i]; noNIC(l) {
			r.fail(c.transports[i], "link.transport", fmt.Sprintf("a link over %s has no MAC that would give this host an address; set address in [daemon]", l.Transport))
		}
	}
}

// parsePeers reads who may connect: an address or a network.
func parsePeers(s string) ([]netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return []netip.Prefix{p.Masked()}, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return nil, fmt.Errorf("%s is no IP address; over atmtcp expected that of the host which connects, such as \"192.0.2.1\", or a network such as \"192.0.2.0/24\"", quote(s))
	}
	a = a.Unmap()
	return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}, nil
}

func parseListen(s string) (string, error) {
	if _, ok := parseHostPort(s); s != "" && !ok {
		return "", fmt.Errorf("%s is nothing to listen on; expected an address and a port, such as \"127.0.0.1:2812\", or \":2812\" for all addresses", quote(s))
	}
	return s, nil
}

func parseConnect(s string) (string, error) {
	if host, ok := parseHostPort(s); s != "" && (!ok || host == "") {
		return "", fmt.Errorf("%s is nothing to connect to; expected a host and a port, such as \"192.0.2.1:2812\"", quote(s))
	}
	return s, nil
}

// parseHostPort reads an address of TCP with a port in digits. The host may be a name, or empty.
func parseHostPort(s string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", false
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", false
	}
	name := func(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' }
	return host, len(host) <= maxHost && !strings.ContainsFunc(host, name)
}

// maxHost is the length of the longest name of a host (RFC 1035 2.3.4) in octets.
const maxHost = 255
