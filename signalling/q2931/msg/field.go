package msg

import (
	"slices"

	"callmanager/signalling/q2931/ie"
)

// field is the access to the field of Message that holds an element.
type field struct {
	list   bool // holds several copies
	opaque bool // is part of Message.Opaque
	// parse reads an element and sets the field, or adds to it, if the contents are good. The
	// element's memory may be that of a decoder, which is nil for none.
	parse func(m *Message, d *Decoder, id ie.ID, h ie.Header, p []byte) error
	// count returns how many copies of id the field holds, at returns one of them.
	count func(m *Message, id ie.ID) int
	at    func(m *Message, id ie.ID, i int) ie.Element
	// clear empties the field of all copies of id. It changes no memory that another message may
	// share.
	clear func(m *Message, id ie.ID)
	// wipe empties an element of the field that is no list.
	wipe func(e ie.Element)
}

// element is a pointer to an element type.
type element[T any] interface {
	*T
	ie.Element
}

// one is the field of an element that a message carries once.
func one[T any, P element[T]](of func(*Message) **T) field {
	return field{
		parse: func(m *Message, d *Decoder, id ie.ID, h ie.Header, p []byte) error {
			e := room[T, P](d, id)
			*P(e).Head() = h
			if err := P(e).ParseContents(id, p); err != nil {
				return err
			}
			*of(m) = e
			return nil
		},
		count: func(m *Message, _ ie.ID) int {
			if *of(m) == nil {
				return 0
			}
			return 1
		},
		at:    func(m *Message, _ ie.ID, _ int) ie.Element { return P(*of(m)) },
		clear: func(m *Message, _ ie.ID) { *of(m) = nil },
		wipe: func(e ie.Element) {
			if p, ok := e.(P); ok {
				*p = *new(T)
			}
		},
	}
}

// many is the field of an element that a message may repeat.
func many[T any, P element[T]](of func(*Message) *[]T) field {
	return field{
		list: true,
		parse: func(m *Message, _ *Decoder, id ie.ID, h ie.Header, p []byte) error {
			l := of(m)
			*l = append(*l, *new(T))
			last := len(*l) - 1
			e := P(&(*l)[last])
			*e.Head() = h
			err := e.ParseContents(id, p)
			if err != nil {
				*l = (*l)[:last:last]
				if last == 0 {
					*l = nil
				}
			}
			return err
		},
		count: func(m *Message, _ ie.ID) int { return len(*of(m)) },
		at:    func(m *Message, _ ie.ID, i int) ie.Element { return P(&(*of(m))[i]) },
		clear: func(m *Message, _ ie.ID) { *of(m) = nil },
	}
}

// opaque is the part of Message.Opaque that holds the elements with one identifier.
func opaque() field {
	f := many(func(m *Message) *[]ie.Opaque { return &m.Opaque })
	f.opaque = true
	f.count = func(m *Message, id ie.ID) (n int) {
		for i := range m.Opaque {
			if m.Opaque[i].ID == id {
				n++
			}
		}
		return n
	}
	f.at = func(m *Message, id ie.ID, n int) ie.Element {
		for i := range m.Opaque {
			if m.Opaque[i].ID != id {
				continue
			}
			if n--; n < 0 {
				return &m.Opaque[i]
			}
		}
		return nil
	}
	f.clear = func(m *Message, id ie.ID) {
		m.Opaque = slices.DeleteFunc(slices.Clone(m.Opaque), func(o ie.Opaque) bool { return o.ID == id })
	}
	return f
}

// fields finds the field of an identifier. The broadband repeat indicator, the shifts and the
// elements of PNNI have none.
var fields = [256]field{
	ie.IDNarrowbandBearer:   opaque(),
	ie.IDCause:              many(func(m *Message) *[]ie.Cause { return &m.Causes }),
	ie.IDCallState:          one(func(m *Message) **ie.CallState { return &m.CallState }),
	ie.IDFacility:           opaque(),
	ie.IDProgress:           many(func(m *Message) *[]ie.Progress { return &m.Progress }),
	ie.IDNotification:       one(func(m *Message) **ie.Notification { return &m.Notification }),
	ie.IDTransitDelay:       one(func(m *Message) **ie.TransitDelay { return &m.TransitDelay }),
	ie.IDConnectedNumber:    one(func(m *Message) **ie.PartyNumber { return &m.ConnectedNumber }),
	ie.IDConnectedSub:       one(func(m *Message) **ie.Subaddress { return &m.ConnectedSub }),
	ie.IDEndpointRef:        one(func(m *Message) **ie.EndpointRef { return &m.EndpointRef }),
	ie.IDEndpointState:      one(func(m *Message) **ie.EndpointState { return &m.EndpointState }),
	ie.IDAAL:                one(func(m *Message) **ie.AAL { return &m.AAL }),
	ie.IDTD:                 one(func(m *Message) **ie.TD { return &m.TD }),
	ie.IDConnID:             one(func(m *Message) **ie.ConnID { return &m.ConnID }),
	ie.IDOAMTD:              one(func(m *Message) **ie.OAMTD { return &m.OAMTD }),
	ie.IDQoS:                one(func(m *Message) **ie.QoS { return &m.QoS }),
	ie.IDBHLI:               one(func(m *Message) **ie.BHLI { return &m.BHLI }),
	ie.IDBearer:             one(func(m *Message) **ie.Bearer { return &m.Bearer }),
	ie.IDBLLI:               many(func(m *Message) *[]ie.BLLI { return &m.BLLI }),
	ie.IDSendingComplete:    one(func(m *Message) **ie.SendingComplete { return &m.SendingComplete }),
	ie.IDCallingNumber:      one(func(m *Message) **ie.PartyNumber { return &m.Calling }),
	ie.IDCallingSub:         many(func(m *Message) *[]ie.Subaddress { return &m.CallingSub }),
	ie.IDCalledNumber:       one(func(m *Message) **ie.CalledNumber { return &m.Called }),
	ie.IDCalledSub:          many(func(m *Message) *[]ie.Subaddress { return &m.CalledSub }),
	ie.IDTNS:                many(func(m *Message) *[]ie.TNS { return &m.TNS }),
	ie.IDRestart:            one(func(m *Message) **ie.Restart { return &m.Restart }),
	ie.IDNarrowbandLLC:      opaque(),
	ie.IDNarrowbandHLC:      opaque(),
	ie.IDUserUser:           one(func(m *Message) **ie.UserUser { return &m.UserUser }),
	ie.IDGIT:                many(func(m *Message) *[]ie.GIT { return &m.GIT }),
	ie.IDMinTD:              one(func(m *Message) **ie.TD { return &m.MinTD }),
	ie.IDAltTD:              one(func(m *Message) **ie.TD { return &m.AltTD }),
	ie.IDABRSetup:           one(func(m *Message) **ie.ABRSetup { return &m.ABRSetup }),
	ie.IDReportType:         one(func(m *Message) **ie.ReportType { return &m.ReportType }),
	ie.IDABRAdditional:      one(func(m *Message) **ie.ABRAdditional { return &m.ABRAdditional }),
	ie.IDLIJCallID:          one(func(m *Message) **ie.LIJCallID { return &m.LIJCallID }),
	ie.IDLIJParameters:      one(func(m *Message) **ie.LIJParameters { return &m.LIJParameters }),
	ie.IDLeafSequence:       one(func(m *Message) **ie.LeafSequence { return &m.LeafSequence }),
	ie.IDConnectionScope:    one(func(m *Message) **ie.ConnectionScope { return &m.ConnectionScope }),
	ie.IDExtQoS:             one(func(m *Message) **ie.ExtQoS { return &m.ExtQoS }),
	ie.IDMinDesiredCellRate: one(func(m *Message) **ie.MinDesiredCellRate { return &m.MinDesiredRate }),
}

// fieldIDs are the identifiers that have a field.
var fieldIDs = func() (ids []ie.ID) {
	for id := range fields {
		if fields[id].count != nil {
			ids = append(ids, ie.ID(id))
		}
	}
	return ids
}()
