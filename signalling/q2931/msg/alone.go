package msg

// Alone returns the decision that the rules would make on a message if one finding were all that is
// wrong with it. It explains a verdict, which is one decision on all findings together.
func (m *Message) Alone(f Finding, p Profile) Ruling {
	r, known := rowOf(m.Type, p)
	v := Verdict{UnknownType: !known, Findings: []Finding{f}}
	v.decide(m, r.policy)
	return v.Ruling
}
