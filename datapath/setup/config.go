package setup

import (
	"errors"
	"time"

	"callmanager/nicio"
	"callmanager/nicio/rtnl"
	"callmanager/vc"
)

// LinkConfig says who a link joins: the NIC that it leaves by and the peer behind it, or a transport
// of its own. Several links may share one NIC; no two have the same interface and peer.
type LinkConfig struct {
	// ID names the link everywhere else. It is not zero and not that of another link.
	ID vc.LinkID
	// Name is the configured name, for messages to people.
	Name string
	// Interface is the name of the NIC. It need not exist yet.
	Interface string
	// Peer is the peer's Ethernet address on that NIC's segment.
	Peer vc.MAC
	// Transmit is how data leaves that NIC, the same for all links on it; zero means AF_PACKET. Where
	// AF_XDP is not to be had it is AF_PACKET as well, see [Config]. Signalling leaves by AF_PACKET.
	Transmit nicio.Path
	// Receive is how data comes from that NIC, likewise: by AF_PACKET, by AF_XDP, or by that if it is zero-copy.
	// Signalling comes by AF_PACKET.
	Receive nicio.Path
	// Transport carries the link in place of a NIC; Interface and Peer then say nothing. The engine
	// owns it.
	Transport Transport
	// Cells says how a link in cell mode carries cells over the NIC; nil in frame mode.
	Cells *Cells
	// Wires are its static pseudowires; a link in frame mode over a NIC may have some.
	Wires []Wire
	// Capacity is the configured capacity in wire bits a second; zero takes the NIC's speed. What
	// the VCs send together is held to it.
	Capacity vc.BitRate
	// Unpoliced lets everything in that fits the VC's ring, whatever its contract says.
	Unpoliced bool
}

// Cells says how the frames of a link carry cells (RFC 4717 clause 8).
type Cells struct {
	// Label is that of the frames, 16 to 65535, both ways.
	Label uint32
	// Bare says that they have no control word.
	Bare bool
	// PerFrame bounds the cells of a frame; 0: as many as the MTU takes.
	PerFrame int
	// Delay is how long cells may wait for others to share a frame with them; 0: not at all.
	Delay time.Duration
}

// A NIC gives an engine the ports of an interface, in place of those that it would open itself: a
// wire in memory, for tests and simulations. The engine closes both ports.
type NIC struct {
	// Data carries everything but the control VC: its filter refuses label 0x10005, and of links in cell
	// mode the frames that begin with a cell of 0/5.
	Data nicio.Port
	// More are data ports like it, each for one more worker: what comes is dealt out among Data and these as
	// [nicio.SteerFrame] does. Without, one worker has it all.
	More []nicio.Port
	// Control carries the control VC alone: its filter accepts what that of Data refuses.
	Control nicio.Port
	// MTU is the largest payload of a frame in octets; zero means 1500.
	MTU int
	// Speed is the speed in wire bits a second; zero means unknown.
	Speed vc.BitRate
	// Changes reports the later states of the interface; nil means that there are none. Until the
	// first one the interface is up. Index, MAC and Name of a state are not looked at.
	Changes <-chan rtnl.Link
}

// Config says what an engine joins. All callbacks run on one goroutine of the engine, in the order
// of what they tell, and must not block; they may call the engine. Receive alone runs on the
// goroutine of its NIC's control port.
type Config struct {
	// Links are the links, at least one.
	Links []LinkConfig
	// NICs overrides how the interfaces of these names are reached. Others are opened with
	// AF_PACKET in the network namespace of the thread that calls the engine.
	NICs map[string]NIC

	// Workers is how many transmit workers there are, and how many receive workers each interface has that the
	// engine opens, at most [nicio.MaxMembers]; zero means 1.
	Workers int
	// CPUs are the processors of the workers, one for each: worker i, what it receives on each NIC and what it
	// sends, runs on CPUs[i] alone. Empty lets the system choose.
	CPUs []int
	// Spin is how long a worker that has run out of work looks for more before it sleeps, at most [MaxSpin]:
	// what takes the processor of the time that a frame would wait for a wake-up. Zero means
	// [nicio.DefaultSpin], negative sleeps at once.
	Spin time.Duration

	// Receive takes an SDU of a link's control VC. The octets belong to the callee. Required.
	Receive func(link vc.LinkID, sdu []byte)
	// Status takes the state of a link: the first one soon after Start, and then every change. May
	// be nil.
	Status func(link vc.LinkID, st vc.LinkStatus)
	// Transmit tells how data leaves a NIC that is to be left by AF_XDP, when the NIC is there first
	// and at each change: with an error, why it is not AF_XDP. Of several workers each has a transmit queue
	// of its own, from 0; one that finds no queue sends by AF_PACKET, and the first such is told of. May be nil.
	Transmit func(nic string, by nicio.Path, err error)
	// Arrival tells likewise how data comes from a NIC that is to be heard by AF_XDP. It never is with several
	// workers. May be nil.
	Arrival func(nic string, by nicio.Path, err error)
	// Violation tells that a client broke the rules of its ring: its VC neither sends nor receives
	// any more. It is called once a VC. May be nil.
	Violation func(h vc.Handle, err error)

	// ControlDelay holds every SDU of the control VCs back for this time, in both directions and in
	// order. It exists to test that the edges of a call hold when the control plane is slow and the
	// data plane is not.
	ControlDelay time.Duration
}

// ErrConfig matches, by errors.Is, every error that another configuration would avoid.
var ErrConfig = errors.New("datapath: unusable configuration")
