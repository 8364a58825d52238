package config

import (
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2/unstable"

	"callmanager/vc"
)

// field is one key of a table: how it is written, what it means and how it is taken in. The table
// of keys in doc.go and the example in deploy are held in step with these lists by a test.
type field[T any] struct {
	name     string
	kind     unstable.Kind // of its value; none is a string
	list     bool          // an array of such values rather than one
	required bool
	unless   func(t *T) bool // the table as it has been read so far needs no such key
	def      string          // the default as the file would write it
	example  string          // a right value as the file would write it
	doc      string          // one line
	set      func(t *T, s string) error
}

// section is a table of the file.
type section struct {
	name   string
	header string // how the file writes it
	doc    string
}

var (
	daemonSection = section{"daemon", "[daemon]", "the daemon as a whole"}
	linkSection   = section{"link", "[[link]]", "one peer, through one NIC or over IP; write one for each"}
	hostsSection  = section{"hosts", "[hosts]", "names for addresses: name = \"address\""}
	sections      = []section{daemonSection, limitsSection, linkSection, pvcSection, wireSection, hostsSection}
)

var daemonFields = []field[Daemon]{
	{
		name: "socket", def: `"` + DefaultSocket + `"`, example: `"` + DefaultSocket + `"`,
		doc: "absolute path of the socket that serves the clients",
		set: func(d *Daemon, s string) (err error) { d.Socket, err = parseSocket(s); return err },
	},
	{
		name: "address", def: `""`, example: `"47.0091.8100000000603e64fe01.00603e64fe01.00"`,
		doc: "this host's AESA or E.164 address; empty: AFI 49 and the NIC's MAC",
		set: func(d *Daemon, s string) (err error) { d.Address, err = parseOwnAddress(s); return err },
	},
	{
		name: "workers", kind: unstable.Integer, def: "0", example: "2",
		doc: "threads that receive on each NIC, and that send; 0: one a processor, just 1 on less than 4",
		set: func(d *Daemon, s string) (err error) { d.Workers, err = parseWorkers(s); return err },
	},
	{
		name: "cpus", kind: unstable.Integer, list: true, def: `[]`, example: `[2, 3]`,
		doc: "processors of the workers, one for each; empty: the kernel chooses",
		set: func(d *Daemon, s string) error {
			cpu, err := parseProcessor(s, d.CPUs)
			if err != nil {
				return err
			}
			d.CPUs = append(d.CPUs, cpu)
			return nil
		},
	},
	{
		name: "busy_poll", def: `"20us"`, example: `"50us"`,
		doc: "how long a worker looks for work before it sleeps; 0us: not at all",
		set: func(d *Daemon, s string) (err error) { d.BusyPoll, err = parseBusyPoll(s); return err },
	},
}

var linkFields = []field[Link]{
	{
		name: "name", required: true, example: `"lab"`,
		doc: "what the tables call the link; unique",
		set: func(l *Link, s string) (err error) { l.Name, err = parseName(s, "link"); return err },
	},
	{
		name: "transport", def: `"ethernet"`, example: `"ethernet"`,
		doc: "what carries it: ethernet (a NIC), atmtcp (TCP, to an old kernel's stack), udp-cell (GNS3, dynamips)",
		set: func(l *Link, s string) (err error) { l.Transport, err = parseWord(transports, s); return err },
	},
	{
		name: "interface", required: true, unless: noNIC, example: `"eth1"`,
		doc: "the NIC",
		set: func(l *Link, s string) (err error) { l.Interface, err = parseInterface(s); return err },
	},
	{
		name: "peer", required: true, unless: noNIC, example: `"02:00:00:00:00:02"`,
		doc: "MAC address of the peer's NIC",
		set: func(l *Link, s string) (err error) {
			switch l.Transport {
			case TransportATMTCP:
				l.Peers, err = parsePeers(s)
				return err
			case TransportUDPCell: // It has none, which is said elsewhere.
				return nil
			case TransportEthernet:
			}
			l.Peer, err = parsePeer(s)
			return err
		},
	},
	{
		name: "listen", def: `""`, example: `"127.0.0.1:2812"`,
		doc: "over atmtcp: where the peer connects to; over udp-cell: this end",
		set: func(l *Link, s string) (err error) { l.Listen, err = parseListen(s); return err },
	},
	{
		name: "connect", def: `""`, example: `"192.0.2.1:2812"`,
		doc: "over atmtcp: where the peer listens; over udp-cell: the peer's end",
		set: func(l *Link, s string) (err error) { l.Connect, err = parseConnect(s); return err },
	},
	{
		name: "role", def: `"auto"`, example: `"network"`,
		doc: "side of the UNI: auto (the lower MAC is the network), user, network",
		set: func(l *Link, s string) (err error) { l.Role, err = parseWord(roles, s); return err },
	},
	{
		name: "profile", def: `"uni4.0"`, example: `"uni3.1"`,
		doc: "edition of the UNI that the peer speaks: uni4.0, uni3.1, uni3.0",
		set: func(l *Link, s string) (err error) { l.Profile, err = parseWord(profiles, s); return err },
	},
	{
		name: "mode", def: `"frame"`, example: `"frame"`,
		doc: "encapsulation: frame (RFC 4717 AAL5 SDU mode), cell (N-to-one cells)",
		set: func(l *Link, s string) (err error) { l.Mode, err = parseWord(modes, s); return err },
	},
	{
		name: "cell_label", kind: unstable.Integer, def: "32", example: "32",
		doc: "in cell mode: the label of the pseudowire, both ways",
		set: func(l *Link, s string) (err error) { l.Cells.Label, err = parseLabel(s); return err },
	},
	{
		name: "control_word", kind: unstable.Bool, def: "true", example: "true",
		doc: "in cell mode: whether frames have a control word",
		set: func(l *Link, s string) error { l.Cells.NoControlWord = s == "false"; return nil },
	},
	{
		name: "cells_per_frame", kind: unstable.Integer, def: "0", example: "0",
		doc: "in cell mode: most cells of a frame; 0: as many as the MTU takes",
		set: func(l *Link, s string) (err error) { l.Cells.PerFrame, err = parseCells(s); return err },
	},
	{
		name: "cell_delay", def: `"100us"`, example: `"100us"`,
		doc: "in cell mode: how long cells wait for others to share a frame; 0us: not at all",
		set: func(l *Link, s string) (err error) { l.Cells.Delay, err = parseCellDelay(s); return err },
	},
	{
		name: "any_aal5_crc", kind: unstable.Bool, def: "false", example: "false",
		doc: "over udp-cell: accept SDUs whatever their CRC is, as dynamips sends them",
		set: func(l *Link, s string) error { l.AnyAAL5CRC = s == "true"; return nil },
	},
	{
		name: "transmit", def: `"packet"`, example: `"xdp"`,
		doc: "how data leaves the NIC: packet (AF_PACKET), xdp (AF_XDP: faster, past tc and tcpdump), auto",
		set: func(l *Link, s string) (err error) { l.Transmit, err = parseWord(transmits, s); return err },
	},
	{
		name: "receive", def: `"packet"`, example: `"xdp"`,
		doc: "how data comes from the NIC: packet (AF_PACKET), xdp (AF_XDP: off the NIC, past tcpdump), auto (xdp if zero-copy)",
		set: func(l *Link, s string) (err error) { l.Receive, err = parseWord(receives, s); return err },
	},
	{
		name: "capacity", def: `""`, example: `"1Gbit/s"`,
		doc: "bound of reservations and of what is sent, in wire bits; empty: the NIC's speed, OC-3 over IP",
		set: func(l *Link, s string) (err error) { l.Capacity, err = parseCapacity(s); return err },
	},
	{
		name: "policing", def: `"on"`, example: `"off"`,
		doc: "whether what comes in excess of a contract is dropped or tagged: on, off",
		set: func(l *Link, s string) (err error) { l.Unpoliced, err = parseWord(unpoliced, s); return err },
	},
	{
		name: "transit_delay", def: `"0ms"`, example: `"3ms"`,
		doc: "what the link adds to the end-to-end transit delay of calls",
		set: func(l *Link, s string) (err error) { l.TransitDelay, err = parseDelay(s); return err },
	},
	{
		name: "cell_delay_variation", def: `"0us"`, example: `"250us"`,
		doc: "what the link adds to the peak-to-peak cell delay variation of calls",
		set: func(l *Link, s string) (err error) { l.CellDelayVariation, err = parseVariation(s); return err },
	},
	{
		name: "cell_loss_ratio", def: `"0"`, example: `"1e-9"`,
		doc: "cells that the link loses, a power of ten; 0: none worth counting",
		set: func(l *Link, s string) (err error) { l.CellLossRatio, err = parseLossRatio(s); return err },
	},
	{
		name: "prefixes", list: true, def: `[]`, example: `["49.0001"]`,
		doc: "beginnings of the addresses reached over this link",
		set: func(l *Link, s string) error {
			p, err := parsePrefix(s)
			if err != nil {
				return err
			}
			l.Prefixes = append(l.Prefixes, p)
			return nil
		},
	},
}

// defaultDaemon and defaultLink hold the defaults; a test compares them with the field lists.
func defaultDaemon() Daemon { return Daemon{Socket: DefaultSocket, BusyPoll: DefaultBusyPoll} }

func defaultLink() Link {
	return Link{
		Transport: DefaultTransport, Role: DefaultRole, Profile: DefaultProfile, Mode: DefaultMode, Transmit: DefaultTransmit, Receive: DefaultReceive,
		Cells: Cells{Label: DefaultCellLabel, Delay: DefaultCellDelay},
	}
}

const (
	// maxSocketPath is sun_path less its final NUL, unix(7), and less 9 for the name under which the
	// server makes the socket before it moves it to its place: two dots and a process number.
	maxSocketPath = 107 - 9
	maxInterface  = 15 // IFNAMSIZ less its final NUL
	maxName       = 63

	minCapacity vc.BitRate = 1_000
	maxCapacity vc.BitRate = 1_000_000_000_000

	// maxDelay and maxVariation are the largest values that their elements carry but for that of "any".
	maxDelay     = time.Duration(vc.AnyDelay-1) * time.Millisecond
	maxVariation = time.Duration(vc.AnyCDV-1) * time.Microsecond
)

// quote shows a value of the file in an error, shortened when it is absurd.
func quote(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%.*q...", most, s)
	}
	return fmt.Sprintf("%q", s)
}

// bare shows a key of the file in an error: as it is, or quoted if TOML would have to.
func bare(name string) string {
	const most = 80
	if name == "" || len(name) > most || strings.ContainsFunc(name, func(r rune) bool { return notName(r) || r == '.' }) {
		return quote(name)
	}
	return name
}

func parseSocket(s string) (string, error) {
	switch {
	case !path.IsAbs(s) || strings.HasSuffix(s, "/"):
		return "", fmt.Errorf("%s is not the absolute path of a socket; expected one such as %q", quote(s), DefaultSocket)
	case strings.ContainsRune(s, 0):
		return "", fmt.Errorf("%s contains a NUL, which no path can", quote(s))
	case len(s) > maxSocketPath:
		return "", fmt.Errorf("the path has %d octets and this socket's at most %d; choose a shorter one", len(s), maxSocketPath)
	}
	return s, nil
}

func parseOwnAddress(s string) (vc.Addr, error) {
	if s == "" {
		return vc.Addr{}, nil
	}
	return parseAddress(s)
}

// The parsers below leave the verdict to vc and word the refusal themselves: vc does not know that it
// speaks of a file.

func parseAddress(s string) (vc.Addr, error) {
	a, err := vc.ParseAddr(s)
	if err != nil {
		return vc.Addr{}, fmt.Errorf("%s is no address; expected 40 hexadecimal digits with dots anywhere (an AESA), or 1 to 15 decimal digits (E.164)", quote(s))
	}
	return a, nil
}

func parsePrefix(s string) (vc.Prefix, error) {
	p, err := vc.ParsePrefix(s)
	if err != nil {
		return vc.Prefix{}, fmt.Errorf("%s is no prefix; expected 1 to 38 hexadecimal digits with dots anywhere (of an AESA), or \"+\" and 1 to 15 decimal digits (E.164)", quote(s))
	}
	return p, nil
}

func parseName(s, what string) (string, error) {
	if s == "" || len(s) > maxName || !isAlnum(rune(s[0])) || strings.ContainsFunc(s, notName) {
		return "", fmt.Errorf("%s is no name for a %s; expected 1 to %d letters, digits, \".\", \"_\" and \"-\", a letter or digit first",
			quote(s), what, maxName)
	}
	return s, nil
}

func isAlnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

func notName(r rune) bool { return !isAlnum(r) && r != '.' && r != '_' && r != '-' }

// parseInterface applies the kernel's rule for the name of a network device.
func parseInterface(s string) (string, error) {
	bad := func(r rune) bool { return r == '/' || r == ':' || r <= ' ' || r == 0x7f }
	if s == "" || len(s) > maxInterface || s == "." || s == ".." || strings.ContainsFunc(s, bad) {
		return "", fmt.Errorf("%s cannot be a network interface; expected 1 to %d characters without blanks, \"/\" and \":\", as \"ip link\" shows them",
			quote(s), maxInterface)
	}
	return s, nil
}

// parsePeer reads the address of one station: a link is a peer, so a group is none.
func parsePeer(s string) (vc.MAC, error) {
	if hw, err := net.ParseMAC(s); err != nil || len(hw) != len(vc.MAC{}) {
		return vc.MAC{}, fmt.Errorf("%s is no MAC address; expected six octets in hexadecimal, such as \"02:00:00:00:00:02\"", quote(s))
	}
	m, err := vc.ParseMAC(s)
	if err != nil {
		return vc.MAC{}, fmt.Errorf("%s is a group address or zero, not a single station's; write that of the peer's NIC, as \"ip link\" shows it there", quote(s))
	}
	return m, nil
}

func parseWord[T comparable](words []named[T], s string) (T, error) {
	names := make([]string, len(words))
	for i, w := range words {
		if w.name == s {
			return w.value, nil
		}
		names[i] = w.name
	}
	var none T
	return none, fmt.Errorf("%s is unknown; expected %s%s", quote(s), orList(names), didYouMean(s, names))
}

func parseCapacity(s string) (vc.BitRate, error) {
	if s == "" {
		return 0, nil
	}
	r, err := vc.ParseRate(s)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%s is no rate; expected a number above zero with bit/s, kbit/s, Mbit/s, Gbit/s or Tbit/s, a whole number of bits, such as \"1Gbit/s\"", quote(s))
	case r < minCapacity || r > maxCapacity:
		return 0, fmt.Errorf("%s is out of range; expected %s to %s", quote(s), minCapacity, maxCapacity)
	}
	return r, nil
}

func parseDelay(s string) (uint16, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxDelay || d%time.Millisecond != 0 {
		return 0, fmt.Errorf("%s is no delay; expected whole milliseconds from \"0ms\" to \"%dms\", such as \"3ms\"", quote(s), maxDelay.Milliseconds())
	}
	return uint16(d.Milliseconds()), nil //nolint:gosec // at most maxDelay
}

func parseVariation(s string) (uint32, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxVariation || d%time.Microsecond != 0 {
		return 0, fmt.Errorf("%s is no delay variation; expected whole microseconds from \"0us\" to \"%dus\", such as \"250us\"",
			quote(s), maxVariation.Microseconds())
	}
	return uint32(d.Microseconds()), nil //nolint:gosec // at most maxVariation
}

// The labels that may be set by hand: those below are reserved (RFC 3032 clause 2.1), those above spell
// channels of frame mode.
const (
	minLabel = 16
	maxLabel = 65535
	// maxCells is what the largest frame of Ethernet takes, and more.
	maxCells = 1000
	// maxCellDelay is far beyond what cells are worth waiting for.
	maxCellDelay = 10 * time.Millisecond
)

func parseLabel(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n < minLabel || n > maxLabel {
		return 0, fmt.Errorf("%s is no label for cells; expected %d to %d", shorten(s), minLabel, maxLabel)
	}
	return uint32(n), nil
}

func parseCells(s string) (int, error) {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n > maxCells {
		return 0, fmt.Errorf("%s is no number of cells in a frame; expected 1 to %d, or 0 for as many as the MTU takes", shorten(s), maxCells)
	}
	return int(n), nil
}

func parseCellDelay(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxCellDelay || d%time.Microsecond != 0 {
		return 0, fmt.Errorf("%s is no time for cells to wait; expected whole microseconds from \"0us\" to \"%dus\", such as \"100us\"",
			quote(s), maxCellDelay.Microseconds())
	}
	return d, nil
}

const (
	// maxWorkers is what a group of sockets takes.
	maxWorkers = 256
	// maxProcessor is the largest number of a processor that a thread can be bound to.
	maxProcessor = 1023
	// maxBusyPoll is far beyond what looking for work is worth.
	maxBusyPoll = time.Second
)

func parseWorkers(s string) (int, error) {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n > maxWorkers {
		return 0, fmt.Errorf("%s is no number of workers; expected 1 to %d, or 0 for one a processor", shorten(s), maxWorkers)
	}
	return int(n), nil
}

// parseProcessor reads the number of one more processor.
func parseProcessor(s string, others []int) (int, error) {
	n, err := strconv.ParseUint(s, 0, 32)
	if err != nil || n > maxProcessor {
		return 0, fmt.Errorf("%s is no processor; expected 0 to %d, as \"lscpu --extended\" shows them", shorten(s), maxProcessor)
	}
	if slices.Contains(others, int(n)) {
		return 0, fmt.Errorf("processor %d has a worker already; write each once", n)
	}
	return int(n), nil
}

func parseBusyPoll(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || d > maxBusyPoll || d%time.Microsecond != 0 {
		return 0, fmt.Errorf("%s is no time to look for work; expected whole microseconds from \"0us\" to \"1s\", such as \"50us\"", quote(s))
	}
	return d, nil
}

// parseLossRatio returns the negative decimal logarithm of a ratio, 0 for that of a link without losses.
func parseLossRatio(s string) (uint8, error) {
	if s == "0" {
		return 0, nil
	}
	for n := uint8(1); n <= vc.MaxCLR; n++ {
		if s == fmt.Sprintf("1e-%d", n) {
			return n, nil
		}
	}
	return 0, fmt.Errorf("%s is no cell loss ratio; expected a power of ten from \"1e-1\" to \"1e-%d\", such as \"1e-9\", or \"0\" for a link that loses nothing worth counting",
		quote(s), vc.MaxCLR)
}

// names lists the keys of a table for an error message.
func names[T any](fields []field[T]) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// homes returns the headers of the tables that do have such a key.
func homes(name string) (headers []string) {
	if slices.Contains(names(daemonFields), name) {
		headers = append(headers, daemonSection.header)
	}
	if slices.Contains(names(limitFields), name) {
		headers = append(headers, limitsSection.header)
	}
	if slices.Contains(names(linkFields), name) {
		headers = append(headers, linkSection.header)
	}
	if slices.Contains(names(pvcFields), name) {
		headers = append(headers, pvcSection.header)
	}
	if slices.Contains(names(wireFields), name) {
		headers = append(headers, wireSection.header)
	}
	return headers
}
