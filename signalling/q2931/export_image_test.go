package q2931

import (
	"encoding/binary"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// imaged is the SETUP or MODIFY REQUEST that a restored call repeats: its contents do not matter to the
// machines.
func imaged(is byte, t msg.Type) *msg.Message {
	if is == 0 {
		return nil
	}
	return &msg.Message{Type: t}
}

// AppendImage appends all that the future of c depends on, a fixed number of octets. Left out are
// what never changes (ref, tm), what is empty between two events (out with its room, in), and the cause of clearing and
// its user-user information, which only pass through.
func (c *Call) AppendImage(b []byte) []byte {
	b = append(b, byte(c.state), byte(c.sent), byte(c.enquiries))
	b = append(b, octet(c.awaitsAck)|octet(c.setup != nil)<<1|octet(c.modify != nil)<<2|octet(c.unconfirmed)<<3|
		octet(c.parties)<<4|octet(c.fallen)<<5|octet(c.enquired != nil)<<6)
	b = append(b, enquiredRef(c.enquired)...)
	return binary.BigEndian.AppendUint16(b, pack(c.running))
}

// enquiredRef writes the party of an enquiry: its reference and the flag.
func enquiredRef(ref *ie.EndpointRef) []byte {
	if ref == nil {
		return []byte{0, 0}
	}
	return []byte{byte(ref.Value), octet(ref.RefFlag)}
}

// LoadImage makes c, which [NewCall] has made, the call again whose image b begins with, and returns
// the rest of b.
func (c *Call) LoadImage(b []byte) []byte {
	c.state, c.sent, c.enquiries = State(b[0]), int(b[1]), int(b[2])
	c.awaitsAck, c.unconfirmed = b[3]&1 != 0, b[3]&8 != 0
	c.parties, c.fallen = b[3]&16 != 0, b[3]&32 != 0
	if b[3]&64 != 0 {
		c.enquired = &ie.EndpointRef{Value: uint16(b[4]), RefFlag: b[5] != 0}
	} else {
		c.enquired = nil
	}
	c.setup, c.modify = imaged(b[3]&2, msg.Setup), imaged(b[3]&4, msg.ModifyRequest)
	if c.parties && c.setup != nil {
		c.setup.Bearer, c.setup.EndpointRef = &ie.Bearer{Config: ie.PointToMultipoint}, &ie.EndpointRef{}
	}
	c.cause = ie.Cause{Value: ie.CauseNormalClearing}
	c.running = unpack(binary.BigEndian.Uint16(b[6:]))
	return b[8:]
}

// AppendImage appends all that the future of p depends on. Why a party is being dropped, and by whom,
// only passes through.
func (p *Party) AppendImage(b []byte) []byte {
	return binary.BigEndian.AppendUint16(append(b, byte(p.state)), pack(p.running))
}

// LoadImage makes p, which [NewParty] has made, the party again whose image b begins with, and returns
// the rest of b.
func (p *Party) LoadImage(b []byte) []byte {
	p.state, p.running = PartyState(b[0]), unpack(binary.BigEndian.Uint16(b[1:]))
	p.cause, p.remote = ie.Cause{}, false
	return b[3:]
}

// AppendImage appends all that the future of p depends on. RESTARTs are for all channels.
func (p *Process) AppendImage(b []byte) []byte {
	return append(b, byte(p.state), byte(p.timer), byte(p.sent))
}

// LoadImage makes p the process again whose image b begins with, and returns the rest of b.
func (p *Process) LoadImage(b []byte) []byte {
	p.state, p.timer, p.sent = RestartState(b[0]), Timer(b[1]), int(b[2])
	p.msg = nil
	if p.state == StartREST1 || p.state == RespondREST2 {
		p.msg = &msg.Message{Type: msg.Restart, Restart: &ie.Restart{Class: ie.RestartAll}}
	}
	return b[3:]
}

// Timer returns the timer of p that runs, or 0.
func (p *Process) Timer() Timer { return p.timer }

// NumTimers is the number of timers there are, with the zero value.
const NumTimers = numTimers

func octet(b bool) byte {
	if b {
		return 1
	}
	return 0
}

func pack(running [numTimers]bool) (bits uint16) {
	for t := range Timer(numTimers - 1) {
		bits |= uint16(octet(running[t+1])) << t
	}
	return bits
}

func unpack(bits uint16) (running [numTimers]bool) {
	for t := range Timer(numTimers - 1) {
		running[t+1] = bits>>t&1 != 0
	}
	return running
}
