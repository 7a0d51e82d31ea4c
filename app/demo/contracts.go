package demo

// contracts are the documents of the demo's deals.
func contracts() []Contract {
	return []Contract{supply(), service(), lease(), mandate()}
}

func supply() Contract {
	return Contract{
		FileName: "Договор поставки 2026-117.pdf",
		Title:    "Договор поставки № 2026-117",
		Intro: "г. Волгоград, 16 ноября 2026 г. Общество с ограниченной ответственностью «Ромашка», именуемое далее " +
			"«Поставщик», и общество с ограниченной ответственностью «Северный ветер», именуемое далее «Покупатель», " +
			"заключили настоящий договор о нижеследующем.",
		Clauses: []Clause{
			{"1. Предмет договора", []string{
				"1.1. Поставщик передаёт в собственность Покупателя оборудование по спецификации, а Покупатель принимает его и оплачивает.",
				"1.2. Наименование, количество и цена оборудования указаны в спецификации, которая составляет неотъемлемую часть договора.",
				"1.3. Оборудование передаётся новым, не бывшим в употреблении, в заводской упаковке, вместе с паспортом и инструкцией на русском языке.",
			}},
			{"2. Цена и порядок расчётов", []string{
				"2.1. Общая цена договора составляет 1 840 000 рублей, в том числе НДС.",
				"2.2. Покупатель перечисляет половину цены в течение пяти рабочих дней после подписания договора, остаток — в течение десяти рабочих дней после приёмки.",
				"2.3. Днём оплаты считается день поступления денег на счёт Поставщика.",
			}},
			{"3. Срок и место поставки", []string{
				"3.1. Оборудование поставляется в течение тридцати календарных дней после поступления первого платежа.",
				"3.2. Место поставки: склад Покупателя, г. Архангельск, наб. Северной Двины, 14. Разгрузку выполняет Покупатель.",
				"3.3. О готовности к отгрузке Поставщик сообщает не позднее чем за три рабочих дня, указывая номер машины и имя водителя.",
			}},
			{"4. Приёмка", []string{
				"4.1. Приёмка по количеству и внешнему виду проводится в день поставки и оформляется накладной.",
				"4.2. О скрытых недостатках Покупатель сообщает письменно в течение четырнадцати дней со дня их обнаружения и прикладывает фотографии.",
				"4.3. Поставщик в течение десяти рабочих дней заменяет оборудование с недостатками за свой счёт.",
			}},
			{"5. Ответственность сторон", []string{
				"5.1. За просрочку поставки Поставщик уплачивает неустойку 0,1 процента от цены непоставленного оборудования за каждый день, но не более десяти процентов.",
				"5.2. За просрочку оплаты Покупатель уплачивает неустойку в том же размере.",
				"5.3. Стороны освобождаются от ответственности на время действия обстоятельств, которые они не могли ни предвидеть, ни предотвратить.",
			}},
			{"6. Гарантия", []string{
				"6.1. Гарантийный срок составляет двадцать четыре месяца со дня приёмки.",
				"6.2. В течение гарантийного срока Поставщик устраняет недостатки бесплатно, в срок не более двадцати рабочих дней.",
			}},
			{"7. Заключительные положения", []string{
				"7.1. Договор подписывается электронными подписями сторон и хранится в системе электронного документооборота.",
				"7.2. Изменения действительны, если они подписаны обеими сторонами.",
				"7.3. Споры рассматриваются после обмена письменными претензиями; срок ответа на претензию — пятнадцать рабочих дней.",
			}},
		},
		Sign: [2]string{"Поставщик: ООО «Ромашка»", "Покупатель: ООО «Северный ветер»"},
	}
}

func service() Contract {
	return Contract{
		FileName: "Service agreement Harbour Lights.pdf",
		Title:    "Service Agreement",
		Intro: "This agreement is made on 12 November 2026 between Camomile Ltd (the Provider) and Harbour Lights Hotels plc " +
			"(the Client). It takes effect when both parties have signed it.",
		Clauses: []Clause{
			{"1. Services", []string{
				"1.1 The Provider maintains the Client's kitchen equipment in the four hotels named in the schedule.",
				"1.2 Maintenance covers two planned visits a year to each hotel and repairs on call.",
				"1.3 The Provider uses qualified staff and original spare parts, and leaves a report after each visit.",
			}},
			{"2. Response times", []string{
				"2.1 Calls are taken on working days from 7:00 to 19:00, in the summer season also at weekends.",
				"2.2 A fault that stops a kitchen is attended to within four hours, any other fault on the next working day.",
				"2.3 Where a repair takes longer than two days, the Provider lends a replacement free of charge.",
			}},
			{"3. Fees and payment", []string{
				"3.1 The yearly fee is 36,400 pounds, invoiced in four equal parts at the start of each quarter.",
				"3.2 Spare parts are charged at list price less twelve per cent. Travel is included.",
				"3.3 Invoices are due thirty days after receipt. Late payment bears interest at four per cent above base rate.",
			}},
			{"4. The Client's duties", []string{
				"4.1 The Client gives access to the kitchens at the agreed times and names one contact in each hotel.",
				"4.2 The Client's staff clean and descale the equipment as its manuals say, and keep the log books.",
			}},
			{"5. Liability", []string{
				"5.1 Each party is liable for damage that it causes by negligence, up to the yearly fee.",
				"5.2 Nothing in this agreement limits liability for injury or for fraud.",
				"5.3 The Provider keeps public liability insurance of at least two million pounds.",
			}},
			{"6. Confidentiality", []string{
				"6.1 Each party keeps what it learns of the other's business to itself, during the agreement and for three years after.",
				"6.2 This does not cover what is public, or what must be told by law.",
			}},
			{"7. Term and termination", []string{
				"7.1 The agreement runs for two years and is renewed for one year at a time unless a party gives three months' notice.",
				"7.2 A party may end it at once if the other breaks it seriously and does not put matters right within thirty days of being asked.",
				"7.3 On termination the Provider hands over the log books and all keys within ten days.",
			}},
		},
		Sign: [2]string{"For the Provider: Camomile Ltd", "For the Client: Harbour Lights Hotels plc"},
	}
}

func lease() Contract {
	return Contract{
		FileName: "Mietvertrag Lagerhalle Süd.pdf",
		Title:    "Mietvertrag über eine Lagerhalle",
		Intro: "Zwischen der Kamille GmbH, Bremen (Mieterin), und der Grünwald & Söhne KG, Oldenburg (Vermieterin), " +
			"wird am 9. November 2026 der folgende Vertrag geschlossen.",
		Clauses: []Clause{
			{"§ 1 Mietgegenstand", []string{
				"(1) Vermietet wird die Lagerhalle Süd, Industriestraße 27, mit 640 m² Lagerfläche und 45 m² Büro.",
				"(2) Zur Halle gehören vier Stellplätze und die Mitbenutzung der Laderampe. Die Schlüssel werden bei der Übergabe gezählt und quittiert.",
				"(3) Die Halle darf nur zur Lagerung von Küchengeräten und Ersatzteilen genutzt werden.",
			}},
			{"§ 2 Mietzeit", []string{
				"(1) Das Mietverhältnis beginnt am 1. Januar 2027 und läuft fünf Jahre.",
				"(2) Es verlängert sich um jeweils ein Jahr, wenn es nicht sechs Monate vor Ablauf schriftlich gekündigt wird.",
			}},
			{"§ 3 Miete und Nebenkosten", []string{
				"(1) Die monatliche Miete beträgt 3.150 Euro zuzüglich Umsatzsteuer und ist am dritten Werktag fällig.",
				"(2) Auf die Nebenkosten werden monatlich 420 Euro vorausgezahlt. Abgerechnet wird einmal im Jahr nach Verbrauch und Fläche.",
				"(3) Die Miete ändert sich, wenn sich der Verbraucherpreisindex um mehr als fünf Punkte ändert, im gleichen Verhältnis.",
			}},
			{"§ 4 Kaution", []string{
				"(1) Die Mieterin leistet vor der Übergabe eine Kaution in Höhe von drei Monatsmieten, auch als Bankbürgschaft.",
				"(2) Die Kaution wird spätestens drei Monate nach der Rückgabe der Halle abgerechnet.",
			}},
			{"§ 5 Instandhaltung", []string{
				"(1) Dach, Außenwände und Heizung unterhält die Vermieterin, Tore, Böden und Beleuchtung die Mieterin.",
				"(2) Schäden sind unverzüglich anzuzeigen. Kleine Reparaturen bis 250 Euro im Einzelfall trägt die Mieterin.",
				"(3) Bauliche Änderungen bedürfen der Zustimmung der Vermieterin, die sie nur aus wichtigem Grund verweigern darf.",
			}},
			{"§ 6 Versicherung", []string{
				"(1) Die Vermieterin versichert das Gebäude, die Mieterin die eingelagerten Waren und ihre Haftpflicht.",
				"(2) Brennbare Flüssigkeiten dürfen nur in dem dafür vorgesehenen Schrank gelagert werden.",
			}},
			{"§ 7 Schlussbestimmungen", []string{
				"(1) Änderungen bedürfen der Textform. Der Vertrag kann elektronisch unterzeichnet werden.",
				"(2) Ist eine Bestimmung unwirksam, so bleibt der übrige Vertrag gültig.",
				"(3) Gerichtsstand ist Oldenburg.",
			}},
		},
		Sign: [2]string{"Mieterin: Kamille GmbH", "Vermieterin: Grünwald & Söhne KG"},
	}
}

func mandate() Contract {
	return Contract{
		FileName: "Acceptance certificate 2026-88.pdf",
		Title:    "Certificate of Acceptance 2026-88",
		Intro:    "Camomile Ltd delivered and installed the equipment listed below; Harbour Lights Hotels plc inspected it and accepts it.",
		Clauses: []Clause{
			{"Equipment", []string{
				"One combination oven, serial number 77-1204. One blast chiller, serial number 31-0087. Two induction ranges, serial numbers 52-3340 and 52-3341.",
			}},
			{"Findings", []string{
				"All items were switched on and run for two hours. No fault was found. The staff of the kitchen were trained on 10 November 2026.",
				"The warranty period of twenty-four months begins on the day of the later signature.",
			}},
		},
		Sign: [2]string{"Delivered by: Camomile Ltd", "Accepted by: Harbour Lights Hotels plc"},
	}
}
