package trustcommerce_test

import (
	"testing"

	"github.com/tillpos/till/pos"
	"github.com/tillpos/till/processors/trustcommerce"
)

// TestDemoCards: the guide's tables of test data, with address and code, over both transports.
func TestDemoCards(t *testing.T) {
	host := guideHost(t)
	for transport, c := range clients(t, host.Addr, host.CA, false) {
		for _, row := range []struct {
			name, number, line1, zip, cvv string
			state                         pos.State
			code                          pos.Code
		}{
			{"visa", "4111111111111111", "123 Test St.", "90001", "123", pos.StateApproved, ""},
			{"mastercard", "5411111111111115", "4000 Main St.", "85001", "777", pos.StateApproved, ""},
			{"amex", "341111111111111", "12 Colorado Blvd.", "54321", "4000", pos.StateApproved, ""},
			{"discover", "6011111111111117", "6789 Green Ave", "12345", "", pos.StateApproved, ""},
			{"diners", "36484444444446", "7390 Del Mar Blvd", "01101", "", pos.StateApproved, ""},
			{"jcb", "213122222222221", "350 Madison Ave", "40000", "", pos.StateApproved, ""},
			{"decline", "4012345678909", "", "", "", pos.StateDeclined, pos.CodeDeclined},
			{"call", "5555444433332226", "", "", "", pos.StateDeclined, pos.CodeCallIssuer},
			{"carderror", "4444111144441111", "", "", "", pos.StateDeclined, pos.CodeCardError},
		} {
			a := c.Authorize(t.Context(), request(t, pos.KindSale, 100, at(typed(t, row.number, "1215", row.cvv), row.line1, row.zip), trustcommerce.Options{}))
			code := pos.Code("")
			if a.Failure != nil {
				code = a.Failure.Code
			}
			if a.State != row.state || code != row.code {
				t.Errorf("%s over %s: %s, %v", row.name, transport, a.State, a.Failure)
			}
			if row.line1 != "" && a.AVS != "Y" || row.cvv != "" && a.CVV != "M" {
				t.Errorf("%s over %s: avs %s, cvv %s", row.name, transport, a.AVS, a.CVV)
			}
		}
		a := c.Authorize(t.Context(), request(t, pos.KindSale, 133, bank(t, "789456124", "55544433221"), trustcommerce.Options{}))
		if a.State != pos.StateAccepted {
			t.Errorf("bank account over %s: %s, %v", transport, a.State, a.Failure)
		}
	}
}
