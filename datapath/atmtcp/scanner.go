package atmtcp

// A scanner cuts the stream of a connection into records, whatever the pieces in which it comes. It
// does no I/O and holds one record at most.
type scanner struct {
	part []byte // The beginning of a record whose rest has not come.
	skip int    // Octets of a record too large that have not come.
}

// A sink takes the records of a scanner.
type sink interface {
	// record takes a record of up to MaxSDU octets. The octets are the scanner's, until it returns.
	record(h header, sdu []byte)
	// oversize takes the header of a record that is skipped.
	oversize(h header)
}

// feed takes the next octets of the stream. After an error, a lengthError, the scanner is of no use.
func (s *scanner) feed(b []byte, to sink) error {
	for len(b) > 0 {
		switch {
		case s.skip > 0:
			n := min(s.skip, len(b))
			s.skip -= n
			b = b[n:]
		case len(s.part) > 0 || len(b) < headerLen:
			var err error
			if b, err = s.join(b, to); err != nil {
				return err
			}
		default:
			h := parseHeader(b)
			end := headerLen + int(h.length)
			switch skip, err := s.judge(h, to); {
			case err != nil:
				return err
			case skip:
				b = b[headerLen:]
			case len(b) < end:
				s.part = append(s.part, b...)
				b = nil
			default:
				to.record(h, b[headerLen:end:end])
				b = b[end:]
			}
		}
	}
	return nil
}

// judge looks at a header. skip says that its record is not wanted; its octets are then skipped.
func (s *scanner) judge(h header, to sink) (skip bool, err error) {
	switch {
	case h.length > maxLength:
		return false, lengthError(h.length)
	case h.length > MaxSDU:
		s.skip = int(h.length)
		to.oversize(h)
		return true, nil
	}
	return false, nil
}

// join adds octets to the record whose beginning is there, and hands it on when it is whole. It
// returns the rest.
func (s *scanner) join(b []byte, to sink) (rest []byte, err error) {
	if missing := headerLen - len(s.part); missing > 0 {
		n := min(missing, len(b))
		s.part, b = append(s.part, b[:n]...), b[n:]
		if n < missing {
			return nil, nil
		}
		skip, err := s.judge(parseHeader(s.part), to)
		if skip || err != nil {
			s.part = s.part[:0]
			return b, err
		}
	}
	h := parseHeader(s.part)
	n := min(headerLen+int(h.length)-len(s.part), len(b))
	s.part, b = append(s.part, b[:n]...), b[n:]
	if len(s.part) == headerLen+int(h.length) {
		to.record(h, s.part[headerLen:])
		s.part = s.part[:0]
	}
	return b, nil
}

// cut reports whether the stream would end within a record.
func (s *scanner) cut() bool { return len(s.part) > 0 || s.skip > 0 }
