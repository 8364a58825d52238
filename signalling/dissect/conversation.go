package dissect

import (
	"bytes"

	"callmanager/signalling/q2931/ie"
	"callmanager/signalling/q2931/msg"
)

// Side is a side of the UNI; empty if it is not known.
type Side string

// The sides.
const (
	UserSide    Side = "user"
	NetworkSide Side = "network"
)

// other returns the side at the other end.
func (s Side) other() Side {
	switch s {
	case UserSide:
		return NetworkSide
	case NetworkSide:
		return UserSide
	}
	return ""
}

// Sender tells the two ends of a signalling channel apart.
type Sender uint8

// The ends. Which of them is here and which there is the caller's.
const (
	AnyEnd Sender = iota // nothing tells the ends apart
	Here
	There
)

// other returns the other end.
func (s Sender) other() Sender {
	switch s {
	case Here:
		return There
	case There:
		return Here
	case AnyEnd:
	}
	return AnyEnd
}

// Form is what octets are.
type Form uint8

// The forms.
const (
	// AnyForm finds out: octets are a message if they begin as one and its length field tells their
	// number, or if they are no PDU; otherwise a PDU.
	AnyForm Form = iota
	PDUForm
	MessageForm
)

// Options say how octets are read.
type Options struct {
	Form Form
	// From is the side that is Here, or the sender if nothing tells the ends apart. Empty: find out.
	From Side
	// Profile is the edition whose rules judge.
	Profile msg.Profile
}

// maxCalls bounds the calls that a Conversation remembers; beyond it the memory starts afresh.
const maxCalls = 1 << 16

// Conversation follows the signalling of one channel.
type Conversation struct {
	opt   Options
	sides [3]Side // by sender
	calls map[callKey]*call
}

// callKey names a call: the end that allocated the reference, and its value.
type callKey struct {
	owner Sender
	value uint32
}

// call is what the verdict on a call's messages depends on.
type call struct {
	by        Sender // who sent the SETUP
	connID    bool   // the SETUP carried a connection identifier
	party     bool   // the SETUP carried an endpoint reference
	answered  bool   // a response has come
	clearing  bool   // a RELEASE was seen
	enquirer  Sender
	enquiring bool // a STATUS ENQUIRY with an endpoint reference is open
}

// New returns a conversation of which nothing has been seen.
func New(opt Options) *Conversation {
	c := &Conversation{opt: opt, calls: make(map[callKey]*call)}
	c.sides[AnyEnd], c.sides[Here], c.sides[There] = opt.From, opt.From, opt.From.other()
	return c
}

// Dissect takes octets apart of which nothing is known but what the options say.
func Dissect(b []byte, opt Options) *SDU { return New(opt).Next(b, AnyEnd) }

// Next takes the next SDU of the conversation apart.
func (c *Conversation) Next(b []byte, from Sender) *SDU {
	b = bytes.Clone(b)
	d := &SDU{Length: len(b)}
	if c.form(b) == MessageForm {
		m, err := c.message(b, from)
		if d.Message = m; err != nil {
			d.Wrong = err.Error()
			s := scan{b: b}
			s.rest("octets")
			d.Rest = s.end()
		}
		return d
	}
	p := newPDU(b)
	d.PDU = p
	if len(p.data) == 0 {
		return d
	}
	var err error
	if p.typ.CarriesData() {
		if d.Message, err = c.message(p.data, from); err == nil {
			return d
		}
	}
	s := scan{b: p.data}
	s.rest("data")
	p.Data = &s.parts[0]
	if err != nil {
		p.Data.Wrong = err.Error()
	}
	return d
}

// form finds out what octets are.
func (c *Conversation) form(b []byte) Form {
	if c.opt.Form != AnyForm {
		return c.opt.Form
	}
	if _, _, err := msg.Peek(b); err != nil {
		return PDUForm
	}
	if int(b[7])<<8|int(b[8]) == len(b)-msg.HeaderLen || newPDU(b).Wrong != "" {
		return MessageForm
	}
	return PDUForm
}

// message takes a message apart in its context and remembers what later ones depend on.
func (c *Conversation) message(b []byte, from Sender) (*Message, error) {
	ref, typ, err := msg.Peek(b)
	if err != nil {
		return nil, err
	}
	k := c.find(ref, typ, from)
	opt := c.options(k, typ, from)
	m, err := newMessage(b, 0, opt)
	if err != nil {
		return nil, err
	}
	guessed := c.learn(m.decoded, k, from)
	if c.sides[from] == NetworkSide && !opt.FromNetwork { // it tells that itself
		opt.FromNetwork = true
		if m, err = newMessage(b, 0, opt); err != nil {
			return nil, err
		}
	}
	m.From, m.Guessed = c.sides[from], c.opt.From == ""
	if guessed != "" {
		m.From = guessed
	}
	if m.From == "" {
		m.Guessed = false
	}
	c.note(m.decoded, k, from)
	return m, nil
}

// find returns what is known of the call of a message, and forgets an older one for a new SETUP.
func (c *Conversation) find(ref msg.CallRef, typ msg.Type, from Sender) *call {
	key := callKey{from, ref.Value}
	if ref.Flag {
		key.owner = from.other()
	}
	k := c.calls[key]
	if k == nil || typ == msg.Setup {
		if len(c.calls) >= maxCalls {
			clear(c.calls)
		}
		k = &call{answered: typ != msg.Setup} // of a call that began earlier nothing is asked
		c.calls[key] = k
	}
	return k
}

// options are the context of a message.
func (c *Conversation) options(k *call, typ msg.Type, from Sender) msg.Options {
	toCaller := k.by != from || from == AnyEnd
	return msg.Options{
		Profile:               c.opt.Profile,
		FromNetwork:           c.sides[from] == NetworkSide,
		FirstResponse:         isResponse(typ) && !k.answered && toCaller,
		SetupHadConnID:        k.connID,
		SetupHadEndpointRef:   isResponse(typ) && k.party,
		EnquiryHadEndpointRef: typ == msg.Status && k.enquiring && k.enquirer != from,
		FirstClearing:         typ == msg.ReleaseComplete && !k.answered && !k.clearing && toCaller,
	}
}

// isResponse reports whether a message responds to a SETUP and goes on with the call.
func isResponse(t msg.Type) bool {
	return t == msg.CallProceeding || t == msg.Alerting || t == msg.Connect || t == msg.SetupAck
}

// learn finds out the sides: the network side must name the channel, so a SETUP without is the
// user's and one with most likely the network's; causes tell where they were raised. For a message
// without a sender the answer is for it alone.
func (c *Conversation) learn(m *msg.Message, k *call, from Sender) (alone Side) {
	if c.sides[from] != "" {
		return ""
	}
	var side Side
	switch {
	case m.Type == msg.Setup && m.ConnID == nil:
		side = UserSide
	case m.Type == msg.Setup, m.ConnID != nil && !k.answered && !k.connID && m.Type != msg.Restart && m.Type != msg.RestartAck:
		side = NetworkSide
	case len(m.Causes) > 0 && m.Causes[0].Location != ie.LocationUser:
		side = NetworkSide
	default:
		return ""
	}
	if from == AnyEnd {
		return side
	}
	c.sides[from], c.sides[from.other()] = side, side.other()
	return ""
}

// note remembers what later messages of the call depend on.
func (c *Conversation) note(m *msg.Message, k *call, from Sender) {
	switch t := m.Type; {
	case t == msg.Setup:
		*k = call{by: from, connID: m.ConnID != nil, party: m.EndpointRef != nil}
	case isResponse(t):
		k.answered = true
	case t == msg.Release:
		k.clearing = true
	case t == msg.ReleaseComplete:
		*k = call{answered: true}
	case t == msg.StatusEnquiry:
		k.enquiring, k.enquirer = m.EndpointRef != nil, from
	case t == msg.Status:
		k.enquiring = false
	}
}
