package ie

// Opaque is an element whose contents pass through unread: the narrowband bearer capability, low
// and high layer compatibility (Q.931 octets 3 on), Facility (Q.2932) and the elements of PNNI.
type Opaque struct {
	Header
	ID   ID
	Data []byte
}

// Unknown is an element that the receiver does not recognise, kept as it came. Raw holds all its
// octets with the four of the header. A decoded message's Raw belongs to the message.
type Unknown struct {
	Header
	ID  ID
	Raw []byte
}

// ParseContents implements Element. Data shares memory with p.
func (o *Opaque) ParseContents(id ID, p []byte) error {
	if len(p) == 0 {
		return refuse(id, "no contents")
	}
	o.ID, o.Data = id, p
	return nil
}

// AppendContents implements Element.
func (o *Opaque) AppendContents(id ID, b []byte) ([]byte, error) {
	if len(o.Data) == 0 || o.ID != id {
		return b, refuse(id, "no contents, or those of another element")
	}
	return append(b, o.Data...), nil
}
