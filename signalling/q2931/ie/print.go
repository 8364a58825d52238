package ie

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the cause for a log line: number, words, location and diagnostics.
func (e *Cause) String() string {
	s := fmt.Sprintf("%d %s", e.Value, e.Value)
	if e.Location != LocationUser {
		s += " at " + e.Location.String()
	}
	typ, isType := e.MessageType()
	switch ids := e.Elements(); {
	case len(e.Diagnostic) == 0:
	case len(ids) > 0:
		names := make([]string, len(ids))
		for i, id := range ids {
			names[i] = id.String()
		}
		s += " (" + strings.Join(names, ", ") + ")"
	case isType:
		s += fmt.Sprintf(" (type %02x)", typ)
	case e.Value == CauseTimerExpiry:
		s += " (T" + strings.Trim(strconv.QuoteToASCII(e.Timer()), `"`) + ")"
	default:
		s += fmt.Sprintf(" (%x)", e.Diagnostic)
	}
	return s
}

var locationNames = [16]string{
	LocationUser:          "user",
	LocationPrivateLocal:  "private network of the local user",
	LocationPublicLocal:   "public network of the local user",
	LocationTransit:       "transit network",
	LocationPublicRemote:  "public network of the remote user",
	LocationPrivateRemote: "private network of the remote user",
	LocationInternational: "international network",
	LocationBeyond:        "network beyond the interworking point",
}

// String returns the location in words, or its number.
func (l Location) String() string {
	if s := locationNames[l&0xf]; s != "" && l < 16 {
		return s
	}
	return fmt.Sprintf("location %d", uint8(l))
}

// String returns the class, the transfer capability and the configuration.
func (r *Bearer) String() string {
	s := map[BearerClass]string{BCOBA: "BCOB-A", BCOBC: "BCOB-C", BCOBX: "BCOB-X", TransparentVP: "VP"}[r.Class]
	if r.ATC.Present {
		s += " " + r.ATC.Value.String()
	}
	if r.Config == PointToMultipoint {
		s += " point-to-multipoint"
	}
	return s
}

// String returns the service category that the capability stands for, or its number.
func (a ATC) String() string {
	switch a {
	case ATCCBR, ATCCBRCLR01:
		return "CBR"
	case ATCRTVBR, ATCRTVBR01:
		return "rt-VBR"
	case ATCNRTVBR, ATCNRTVBR01:
		return "nrt-VBR"
	case ATCABR:
		return "ABR"
	}
	return fmt.Sprintf("ATC %d", uint8(a))
}

// String returns the parameters, forward/backward in cells/s and cells.
func (t *TD) String() string {
	var s strings.Builder
	if t.BestEffort {
		s.WriteString("best effort")
	}
	for _, p := range [...]struct {
		name     string
		fwd, bwd Opt[uint32]
	}{
		{"PCR", t.Fwd.PCR01, t.Bwd.PCR01},
		{"PCR0", t.Fwd.PCR0, t.Bwd.PCR0},
		{"SCR", t.Fwd.SCR01, t.Bwd.SCR01},
		{"SCR0", t.Fwd.SCR0, t.Bwd.SCR0},
		{"MBS", t.Fwd.MBS01, t.Bwd.MBS01},
		{"MBS0", t.Fwd.MBS0, t.Bwd.MBS0},
		{"MCR", t.Fwd.MCR01, t.Bwd.MCR01},
	} {
		if !p.fwd.Present && !p.bwd.Present {
			continue
		}
		if s.Len() > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(p.name + " " + decimal(p.fwd) + "/" + decimal(p.bwd))
	}
	return s.String()
}

// decimal returns the number, or a dash if it is absent.
func decimal[T ~uint8 | ~uint16 | ~uint32](o Opt[T]) string {
	if !o.Present {
		return "-"
	}
	return strconv.FormatUint(uint64(o.Value), 10)
}

// String returns the type and the maximum SDU sizes, forward/backward in octets.
func (a *AAL) String() string {
	s := fmt.Sprintf("AAL %d", uint8(a.Type))
	switch a.Type {
	case AALVoice:
		s = "AAL voice"
	case AAL1:
		s = "AAL1"
	case AAL2:
		s = "AAL2"
	case AAL34:
		s = "AAL3/4"
	case AAL5:
		s = "AAL5"
	case AALUser:
		s = "AAL user-defined"
	}
	if a.FwdMaxSDU.Present || a.BwdMaxSDU.Present {
		s += " " + decimal(a.FwdMaxSDU) + "/" + decimal(a.BwdMaxSDU)
	}
	return s
}

// String returns VPCI/VCI; the VCI is "any" or "none" where its field does not count.
func (n *ConnID) String() string {
	vpci, vci := strconv.Itoa(int(n.VPCI)), strconv.Itoa(int(n.VCI))
	if n.VPAssociated {
		vpci = "same"
	}
	switch n.Exclusive {
	case AnyVCI:
		vci = "any"
	case NoVCI:
		vci = "none"
	case ExclusiveVCI:
	}
	return vpci + "/" + vci
}

// String returns what is restarted.
func (c RestartClass) String() string {
	switch c {
	case RestartVC:
		return "indicated channel"
	case RestartVP:
		return "all channels of the path"
	case RestartAll:
		return "all channels"
	}
	return fmt.Sprintf("restart class %d", uint8(c))
}
