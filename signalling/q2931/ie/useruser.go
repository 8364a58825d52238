package ie

// UserUser is the user-user element (Q.2957, UNI 4.0): up to 128 octets, the first of which is
// the protocol discriminator. Between UNI and codec they are opaque.
//
//	+------------------------+
//	| protocol discriminator |  octet 5
//	|  data, <= 127 octets   |
//	+------------------------+
type UserUser struct {
	Header
	Data []byte
}

// ParseContents implements Element. Data shares memory with p.
func (u *UserUser) ParseContents(id ID, p []byte) error {
	if len(p) == 0 {
		return refuse(id, "no protocol discriminator")
	}
	u.Data = p
	return nil
}

// AppendContents implements Element.
func (u *UserUser) AppendContents(id ID, b []byte) ([]byte, error) {
	if len(u.Data) == 0 {
		return b, refuse(id, "no protocol discriminator")
	}
	return append(b, u.Data...), nil
}
