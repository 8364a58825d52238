package config

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"callmanager/vc"
)

// What holds when a key is not set.
const (
	// DefaultPath is where the packaged daemon keeps its configuration.
	DefaultPath = "/etc/cmd-daemon/cmd-daemon.toml"
	// DefaultSocket is the socket on which the daemon serves its clients.
	DefaultSocket = "/run/cmd-daemon/cmd.sock"
	// DefaultBusyPoll takes a round trip to a third and costs no throughput.
	DefaultBusyPoll = 20 * time.Microsecond
	// DefaultRole lets the addresses of the two NICs decide.
	DefaultRole = RoleAuto
	// DefaultProfile is the newest edition.
	DefaultProfile = ProfileUNI40
	// DefaultMode is RFC 4717 AAL5 SDU mode.
	DefaultMode = ModeFrame
	// DefaultCellLabel is that of a pseudowire in cell mode.
	DefaultCellLabel = 32
	// DefaultCellDelay is how long cells wait for others.
	DefaultCellDelay = 100 * time.Microsecond
	// DefaultTransmit passes nothing by that an operator may have set up on the NIC.
	DefaultTransmit = TransmitPacket
	// DefaultReceive takes nothing away from the host.
	DefaultReceive = ReceivePacket
	// DefaultTransport is a NIC.
	DefaultTransport = TransportEthernet
	// DefaultOC3Capacity is that of a link that is no NIC in wire bits a second: what a kernel takes for
	// the rate of its own end (OC-3).
	DefaultOC3Capacity vc.BitRate = 155_520_000
)

// MaxSize is the largest file that Load reads and Parse accepts, in octets.
const MaxSize = 1 << 20

// Config is a whole configuration, checked and with its defaults in place.
type Config struct {
	Daemon Daemon
	Limits Limits
	// Links stand in the order of the file, which numbers them.
	Links []Link
	// PVCs stand in the order of the file.
	PVCs []PVC
	// Hosts maps the names of [hosts] to addresses; never nil.
	Hosts map[string]vc.Addr

	path       string
	peers      []pos // where each link says its peer,
	transports []pos // and its transport
}

// Daemon is what concerns the daemon as a whole.
type Daemon struct {
	// Socket is the absolute path of the API's unix socket.
	Socket string
	// Address is this host's address. The zero Addr lets each link have one of its own: AFI 49,
	// twelve zero octets, the MAC of its NIC, selector 00.
	Address vc.Addr
	// Workers is how many threads receive on each NIC, and how many send for all; zero leaves it to the daemon.
	Workers int
	// CPUs are the numbers of the processors on which they run, one for each and none twice; without any the
	// kernel chooses. If Workers is not zero there are as many.
	CPUs []int
	// BusyPoll is how long one looks for work before it sleeps; zero: not at all.
	BusyPoll time.Duration
}

// Link is one peer reached through one NIC, or over IP.
type Link struct {
	// Name is unique in the file.
	Name      string
	Transport Transport
	// Interface is the name of the NIC. Whether it exists is not checked: it may come later. Empty
	// for a link that is no NIC.
	Interface string
	// Peer is the address of the peer's NIC, a single station's. Zero for a link that is no NIC.
	Peer vc.MAC
	// Listen and Connect are addresses of TCP or UDP, host:port. A link over atmtcp has one of them; a
	// link over udp-cell both, with IP addresses: this end's and the peer's.
	Listen, Connect string
	// AnyAAL5CRC accepts SDUs over udp-cell whatever their CRC is.
	AnyAAL5CRC bool
	// Peers are those who may connect to Listen; anybody if there are none.
	Peers []netip.Prefix
	// Role is not RoleAuto for a link that is no NIC.
	Role Role
	// Profile is the edition of the UNI that the peer speaks.
	Profile Profile
	Mode    Mode
	// Cells is how a link in cell mode carries them; zero in frame mode.
	Cells Cells
	// Transmit is the same for all links on a NIC. It says nothing for a link that is no NIC.
	Transmit Transmit
	// Receive is the same for all links on a NIC, likewise.
	Receive Receive
	// Capacity in wire bits a second bounds what calls may reserve, and what all together send. Zero
	// means the NIC's speed.
	Capacity vc.BitRate
	// Unpoliced lets what is received exceed its contract.
	Unpoliced bool
	// TransitDelay is what the link adds to the end-to-end transit delay of calls (Q.2931 clause
	// 4.5.17), in milliseconds.
	TransitDelay uint16
	// CellDelayVariation is what the link adds to the peak-to-peak cell delay variation of calls (UNI
	// 4.0 section 9), in microseconds.
	CellDelayVariation uint32
	// CellLossRatio is that of the link as its negative decimal logarithm, 1 to 15; zero means that it
	// loses nothing worth counting.
	CellLossRatio uint8
	// Prefixes are the addresses reached over this link. No two links share one.
	Prefixes []vc.Prefix
}

// Cells says how a link carries cells.
type Cells struct {
	// Label is that of the frames, 16 to 65535, both ways.
	Label uint32
	// NoControlWord has the frames begin with a cell.
	NoControlWord bool
	// PerFrame bounds the cells of a frame; zero: what the MTU takes.
	PerFrame int
	// Delay is how long cells may wait for others to share a frame with them; zero: not at all.
	Delay time.Duration
}

// Transport is what carries a link.
type Transport uint8

const (
	// TransportEthernet is a NIC and the address of a peer on its segment.
	TransportEthernet Transport = iota + 1
	// TransportATMTCP is the protocol of the kernel module atmtcp: SDUs over one TCP connection.
	TransportATMTCP
	// TransportUDPCell is one cell a datagram of UDP, as GNS3 and dynamips have it.
	TransportUDPCell
)

// String returns the transport as the file writes it.
func (t Transport) String() string { return word(transports, t, "transport") }

// Role says which side of the UNI this host is on a link (Q.2931 clause 1, DESIGN section 6).
type Role uint8

const (
	// RoleAuto makes the host with the lower MAC the network side.
	RoleAuto Role = iota + 1
	// RoleUser takes VPI/VCI as the peer assigns them.
	RoleUser
	// RoleNetwork assigns VPI/VCI.
	RoleNetwork
)

// String returns the role as the file writes it.
func (r Role) String() string { return word(roles, r, "role") }

// Profile is an edition of the ATM Forum's UNI signalling specification.
type Profile uint8

const (
	// ProfileUNI40 is af-sig-0061.
	ProfileUNI40 Profile = iota + 1
	// ProfileUNI31 is the edition of 1994.
	ProfileUNI31
	// ProfileUNI30 is the edition of 1993.
	ProfileUNI30
)

// String returns the profile as the file writes it.
func (p Profile) String() string { return word(profiles, p, "profile") }

// Mode is the encapsulation of a link.
type Mode uint8

const (
	// ModeFrame is one AAL5 CPCS-SDU a frame (RFC 4717 clause 12, AAL5 SDU mode).
	ModeFrame Mode = iota + 1
	// ModeCell is cells, of any channels in one frame (RFC 4717 clause 8, N-to-one mode).
	ModeCell
)

// String returns the mode as the file writes it.
func (m Mode) String() string { return word(modes, m, "mode") }

// Transmit says which socket sends the frames of data (those of signalling leave by AF_PACKET).
type Transmit uint8

const (
	// TransmitPacket is AF_PACKET: through the queueing discipline of the NIC, seen by tcpdump.
	TransmitPacket Transmit = iota + 1
	// TransmitXDP is AF_XDP: straight to the NIC. Where that is not to be had it is AF_PACKET, with a
	// warning.
	TransmitXDP
	// TransmitAuto is AF_XDP where it is to be had and AF_PACKET elsewhere.
	TransmitAuto
)

// String returns the way as the file writes it.
func (t Transmit) String() string { return word(transmits, t, "transmit") }

// Receive says which socket gets the frames of data (those of signalling come by AF_PACKET).
type Receive uint8

const (
	// ReceivePacket is AF_PACKET: a copy of each frame, which the host sees as well.
	ReceivePacket Receive = iota + 1
	// ReceiveXDP is AF_XDP: straight off the NIC, where the driver knows XDP. Where that is not to be had it is
	// AF_PACKET, with a warning.
	ReceiveXDP
	// ReceiveAuto is AF_XDP where the driver copies nothing and AF_PACKET elsewhere.
	ReceiveAuto
)

// String returns the way as the file writes it.
func (r Receive) String() string { return word(receives, r, "receive") }

// named is one word of an enumeration.
type named[T comparable] struct {
	name  string
	value T
}

var (
	roles = []named[Role]{{"auto", RoleAuto}, {"user", RoleUser}, {"network", RoleNetwork}}
	// The names are those of package signalling.
	profiles = []named[Profile]{{"uni4.0", ProfileUNI40}, {"uni3.1", ProfileUNI31}, {"uni3.0", ProfileUNI30}}
	modes    = []named[Mode]{{"frame", ModeFrame}, {"cell", ModeCell}}

	transmits  = []named[Transmit]{{"packet", TransmitPacket}, {"xdp", TransmitXDP}, {"auto", TransmitAuto}}
	receives   = []named[Receive]{{"packet", ReceivePacket}, {"xdp", ReceiveXDP}, {"auto", ReceiveAuto}}
	unpoliced  = []named[bool]{{"on", false}, {"off", true}}
	transports = []named[Transport]{{"ethernet", TransportEthernet}, {"atmtcp", TransportATMTCP}, {"udp-cell", TransportUDPCell}}
)

func word[T ~uint8](words []named[T], v T, what string) string {
	for _, w := range words {
		if w.value == v {
			return w.name
		}
	}
	return fmt.Sprintf("%s(%d)", what, v)
}

// Load reads and checks the file at path. A failure is an Errors with every mistake of the file; it
// wraps the error of the operating system when the file could not be read.
func Load(path string) (*Config, error) {
	b, err := read(path)
	if err != nil {
		return nil, Errors{{Path: path, Msg: readFailure(err), err: err}}
	}
	return Parse(path, b)
}

// read returns the file's contents, one octet more than allowed at most.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	return b, errors.Join(err, f.Close())
}

// readFailure names the cause without the path, which the error has already.
func readFailure(err error) string {
	if perr, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Sprintf("cannot %s the configuration: %v", perr.Op, perr.Err)
	}
	return fmt.Sprintf("cannot read the configuration: %v", err)
}

// Parse checks the contents of a file; name stands for its path in errors. A failure is an Errors
// with every mistake of the file. Parse keeps nothing of b.
func Parse(name string, b []byte) (*Config, error) {
	if len(b) > MaxSize {
		return nil, Errors{{Path: name, Msg: fmt.Sprintf("more than %d octets long; this is no configuration", MaxSize)}}
	}
	r := &reader{document: readDocument(name, b)}
	c := r.config()
	if err := r.errs.sorted(); err != nil {
		return nil, err
	}
	return c, nil
}

// CheckPeers refuses each link whose peer is the host itself: own returns the address of a NIC by
// name, or false if there is none (yet). It is separate from Parse because a file alone cannot
// know. The error is an Errors with the places of the peers.
func (c *Config) CheckPeers(own func(ifname string) (vc.MAC, bool)) error {
	var errs Errors
	for i, l := range c.Links {
		mac, ok := own(l.Interface)
		if !ok || mac != l.Peer || i >= len(c.peers) {
			continue
		}
		errs = append(errs, &Error{
			Path: c.path, Line: c.peers[i].line, Column: c.peers[i].col, Key: "link.peer",
			Msg: fmt.Sprintf("%q is the address of %s on this very host; write that of the peer's NIC", l.Peer, l.Interface),
		})
	}
	return errs.sorted()
}
