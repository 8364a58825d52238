package msg

import (
	"fmt"
	"strconv"
	"strings"
)

// String implements fmt.Stringer; it is Summary.
func (m *Message) String() string { return m.Summary() }

// Summary returns the message in one line for the signalling ladder: name, call reference, the
// elements that matter, causes in words.
//
//	SETUP 13 to 4900..01 from 4900..02 BCOB-X best effort 353207/353207 AAL5 9188/9188
//	CALL PROCEEDING 13' 0/64
//	RELEASE 13 cause 16 normal call clearing
//
// The prime marks a message to the side that allocated the call reference.
func (m *Message) Summary() string {
	s := m.Type.String() + " " + m.CallRef.String()
	if d := m.Details(); d != "" {
		s += " " + d
	}
	return s
}

// Details returns the summary without name and call reference: the elements that matter, causes in
// words.
func (m *Message) Details() string {
	p := printer{}
	p.addresses(m)
	p.call(m)
	p.states(m)
	for i := range m.Causes {
		p.word("cause " + m.Causes[i].String())
	}
	p.rest(m)
	return strings.TrimPrefix(p.String(), " ")
}

// String returns the value, with a prime if the flag is set, or "global" or "dummy".
func (c CallRef) String() string {
	s := strconv.FormatUint(uint64(c.Value), 10)
	switch c.Value {
	case GlobalCallRef:
		s = "global"
	case DummyCallRef:
		s = "dummy"
	}
	if c.Flag {
		s += "'"
	}
	return s
}

// printer collects the words of a line.
type printer struct{ strings.Builder }

func (p *printer) word(s string) {
	p.WriteByte(' ')
	p.WriteString(s)
}

func (p *printer) wordf(format string, args ...any) {
	p.word(fmt.Sprintf(format, args...))
}

// addresses prints the party numbers.
func (p *printer) addresses(m *Message) {
	if m.Called != nil {
		p.word("to " + m.Called.Number.String())
	}
	if m.Calling != nil {
		p.word("from " + m.Calling.Number.String())
	}
	if m.ConnectedNumber != nil {
		p.word("connected " + m.ConnectedNumber.Number.String())
	}
}

// call prints what a call asks for and gets.
func (p *printer) call(m *Message) {
	if m.Bearer != nil {
		p.word(m.Bearer.String())
	}
	if m.TD != nil {
		p.word(m.TD.String())
	}
	if m.AltTD != nil {
		p.word("or " + m.AltTD.String())
	}
	if m.MinTD != nil {
		p.word("at least " + m.MinTD.String())
	}
	if m.AAL != nil {
		p.word(m.AAL.String())
	}
	if m.QoS != nil && m.QoS.Fwd|m.QoS.Bwd != 0 {
		p.wordf("QoS %d/%d", m.QoS.Fwd, m.QoS.Bwd)
	}
	if m.ConnID != nil {
		p.word(m.ConnID.String())
	}
	if m.Restart != nil {
		p.word(m.Restart.Class.String())
	}
}

// states prints party references and states.
func (p *printer) states(m *Message) {
	if r := m.EndpointRef; r != nil {
		p.wordf("party %d", r.Value)
		if r.RefFlag {
			p.WriteByte('\'')
		}
	}
	if m.CallState != nil {
		p.word("state " + m.CallState.State.String())
	}
	if m.EndpointState != nil {
		p.word("party state " + m.EndpointState.State.String())
	}
}

// rest prints what leaves, reports, free octets and unknown elements there are.
func (p *printer) rest(m *Message) {
	if m.LIJCallID != nil {
		p.wordf("leaf call %d", m.LIJCallID.Value)
	}
	if m.LeafSequence != nil {
		p.wordf("leaf sequence %d", m.LeafSequence.Value)
	}
	if m.ReportType != nil {
		p.wordf("report type %d", uint8(m.ReportType.Type))
	}
	if m.Notification != nil {
		p.wordf("notification %x", m.Notification.Info[:min(len(m.Notification.Info), maxPrinted)])
	}
	if m.UserUser != nil {
		p.wordf("user-user %d octets", len(m.UserUser.Data))
	}
	for i := range m.Unknown[:min(len(m.Unknown), maxPrinted)] {
		p.wordf("unknown %02x", uint8(m.Unknown[i].ID))
	}
	if n := len(m.Unknown) - maxPrinted; n > 0 {
		p.wordf("and %d more", n)
	}
}

// maxPrinted is how many free octets or unknown elements a line shows.
const maxPrinted = 16
