package ie

// parse reads octets 6a and 6b; more tells that octet 6 announced them.
func (l *Layer2) parse(c *cursor, more bool) {
	if !more {
		return
	}
	if l.Protocol == L2User {
		l.User = Some(c.last())
		return
	}
	o := c.u8()
	l.Mode, l.Q933 = Some(SequenceMode(o>>5&3)), o&3
	if o&0x80 == 0 {
		l.Window = Some(c.last())
	}
}

func (l *Layer2) append(b []byte) []byte {
	o := byte(blliLayer2<<5) | byte(l.Protocol)
	switch {
	case l.User.Present:
		return octets(b, o, l.User.Value)
	case l.Window.Present:
		return octets(b, o, byte(l.Mode.Value)<<5|l.Q933, l.Window.Value)
	case l.Mode.Present:
		return octets(b, o, byte(l.Mode.Value)<<5|l.Q933)
	}
	return octets(b, o)
}

// check verifies the protocol and the octets that it may have.
func (l *Layer2) check() string {
	switch l.Protocol {
	case 0, L2ISO1745, L2Q921, L2LAPB, L2LLC, L2X75SLP:
		if *l != (Layer2{Protocol: l.Protocol}) {
			return "octet that the layer 2 protocol does not have"
		}
	case L2X25Link, L2X25Multi, L2HDLCARM, L2HDLCNRM, L2HDLCABM, L2Q922, L2ISO7776:
		if l.User.Present {
			return "octet that the layer 2 protocol does not have"
		}
		return l.checkMode()
	case L2User:
		if *l != (Layer2{Protocol: L2User, User: l.User}) || l.User.Value > 0x7f {
			return "octet that the layer 2 protocol does not have"
		}
	default:
		return "unknown layer 2 protocol"
	}
	return ""
}

func (l *Layer2) checkMode() string {
	if !l.Mode.Present {
		if l.Q933 != 0 || l.Window.Present {
			return "layer 2 octet 6b without 6a"
		}
		return ""
	}
	return checkSequence(l.Mode.Value, l.Window, l.Q933 > 3)
}

// checkSequence verifies a mode and a window; bad is what the caller found out.
func checkSequence(mode SequenceMode, window Opt[uint8], bad bool) string {
	switch {
	case bad:
		return "value above its field"
	case mode != ModeNormal && mode != ModeExtended:
		return "reserved mode"
	case window.Present && (window.Value < 1 || window.Value > maxWindow):
		return "window outside 1 to 127"
	}
	return ""
}
