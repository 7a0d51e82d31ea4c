package install

import (
	"context"
	"errors"
	"slices"

	"signservice/bitrix"
)

// The robot's code and the keys of its properties and results; app/portal
// reads what a workflow fills in.
const (
	robotCode     = "sign_request"
	robotSigner   = "signer"
	robotDocument = "document"
	robotNote     = "note"
	robotStatus   = "status"
	robotTime     = "signedAt"
)

// robot is the automation rule that asks a colleague to sign, and waits until
// that has come to an end.
func robot(cfg Config) bitrix.Robot {
	words := func(en, ru, de, la string) map[string]string {
		return map[string]string{"en": en, "ru": ru, "de": de, "la": la}
	}
	return bitrix.Robot{
		Code: robotCode, Handler: cfg.robot(), Wait: true,
		Names: words("Request a signature", "Запросить подпись", "Um Signatur bitten", "Solicitar una firma"),
		Descriptions: words("Asks a colleague to sign a document of this element, and waits for the end.",
			"Просит сотрудника подписать документ этого элемента и ждёт результата.",
			"Bittet eine Person, ein Dokument dieses Elements zu signieren, und wartet auf das Ende.",
			"Pide a un compañero que firme un documento de este elemento y espera el resultado."),
		Properties: map[string]bitrix.RobotProperty{
			robotSigner: {Names: words("Signer", "Подписант", "Wer signiert", "Firmante"), Type: "user", Required: true},
			robotDocument: {
				Names: words("Document: code of a file field, or part of a name; empty for the newest",
					"Документ: код поля или часть имени; пусто — самый новый",
					"Dokument: Code eines Dateifelds oder Teil des Namens; leer für das neueste",
					"Documento: código de un campo o parte del nombre; vacío para el más reciente"),
				Type: "string",
			},
			robotNote: {Names: words("Note for the signer", "Сообщение подписанту", "Nachricht an die Person", "Nota para el firmante"), Type: "text"},
		},
		Returns: map[string]bitrix.RobotProperty{
			robotStatus: {Names: words("Result", "Результат", "Ergebnis", "Resultado"), Type: "string"},
			robotTime:   {Names: words("Signed at", "Время подписания", "Signiert am", "Firmado el"), Type: "datetime"},
		},
	}
}

// bindRobot registers the robot, or brings it up to date, where the app has
// the permission for it and the portal's plan has automation.
func bindRobot(ctx context.Context, c *bitrix.Client, cfg Config) error {
	if !slices.Contains(cfg.scope, "bizproc") {
		return nil
	}
	there, err := c.Robots(ctx)
	if err == nil {
		r := robot(cfg)
		if slices.Contains(there, robotCode) {
			err = c.UpdateRobot(ctx, r)
			if errors.Is(err, bitrix.ErrLostAnswer) {
				err = c.UpdateRobot(ctx, r) // sets, adds nothing
			}
		} else {
			err = c.AddRobot(ctx, r)
		}
	}
	if errors.Is(err, bitrix.ErrMethodNotFound) || errors.Is(err, bitrix.ErrAccessDenied) || errors.Is(err, bitrix.ErrNoREST) {
		return nil // a plan without automation; administrators' rights were proven before
	}
	return err
}
