"""What invented companies, people and letters are made of, for four countries.

Plain lists; how they are put together is in `invent`. The order matters: a list that is changed changes what every
seed makes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Region:
    """A country's words. `cities` are (name, first digits of postal codes, region, area code without the zero)."""

    country: str
    code: str
    domain: str
    timezone: str
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    cities: tuple[tuple[str, str, str, str], ...]
    streets: tuple[str, ...]
    trades: tuple[str, ...]
    forms: tuple[str, ...]
    titles: tuple[str, ...]
    reply: str
    greeting: str
    closing: str
    subjects: tuple[str, ...]
    sentences: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GERMANY = Region(
    country="Germany",
    code="49",
    domain="de.example",
    timezone="Europe/Berlin",
    first_names=_words(
        "Andreas Anja Birgit Björn Claudia Dörte Frank Gülay Günter Hannelore Ingo Jörg Jürgen Karin Katharina Klaus "
        "Lars Lukas Martina Matthias Monika Murat Nadine Petra Rüdiger Sabine Stefan Susanne Sören Thomas Ulrike Uwe"
    ),
    last_names=_words(
        "Bäcker Becker Bergmann Brandt Dietrich Engel Fischer Franke Groß Günther Hahn Hartmann Hoffmann Jäger Kaiser "
        "Keller Koch König Krämer Krüger Lehmann Lorenz Meier Meyer Möller Müller Neumann Pohl Richter Roth Schäfer "
        "Schmitz Schröder Schulze Schütte Seidel Sommer Vogel Voß Wagner Weiß Winkler Wolff Yılmaz Ziegler Zöllner"
    ),
    cities=(
        ("Berlin", "10", "Berlin", "30"),
        ("Hamburg", "20", "HH", "40"),
        ("München", "80", "Bayern", "89"),
        ("Köln", "50", "NRW", "221"),
        ("Düsseldorf", "40", "NRW", "211"),
        ("Nürnberg", "90", "Bayern", "911"),
        ("Leipzig", "04", "Sachsen", "341"),
        ("Lübeck", "23", "SH", "451"),
    ),
    streets=(
        "Hauptstraße",
        "Bahnhofstraße",
        "Gartenweg",
        "Am Mühlbach",
        "Lindenallee",
        "Industriestraße",
        "Kirchplatz",
    ),
    trades=_words(
        "Maschinenbau Elektrotechnik Logistik Möbelbau Druckerei Feinmechanik Anlagenbau Lebensmittel Software"
    ),
    forms=("GmbH", "AG", "GmbH & Co. KG", "KG", "e. K."),
    titles=("Geschäftsführer", "Einkaufsleitung", "Vertrieb", "Buchhaltung", "Technischer Leiter", "Assistenz"),
    reply="AW: ",
    greeting="Guten Tag {name},",
    closing="Mit freundlichen Grüßen",
    subjects=(
        "Angebot {number}",
        "Rechnung {number}",
        "Terminvorschlag KW {week}",
        "Rückfrage zur Lieferung",
        "Ihre Anfrage vom {day}.{month}.",
        "Reklamation Auftrag {number}",
        "Vertragsverlängerung",
    ),
    sentences=(
        "vielen Dank für Ihre Nachricht.",
        "Anbei finden Sie die gewünschten Unterlagen.",
        "Die Lieferung verlässt unser Haus am Freitag.",
        "Können wir dazu kurz telefonieren?",
        "Der Preis gilt bis zum Ende des Monats, zuzüglich 19 % MwSt.",
        "Unsere Kollegin aus der Buchhaltung meldet sich bei Ihnen.",
        "Für die Größe XL haben wir leider keine Stücke mehr.",
        "Bitte geben Sie uns bis übermorgen Bescheid.",
    ),
)

BRITAIN = Region(
    country="United Kingdom",
    code="44",
    domain="uk.example",
    timezone="Europe/London",
    first_names=_words(
        "Alice Amelia Andrew Arthur Beatrice Charlotte Christopher Daniel Edward Eleanor Emily Fiona George Grace Harry "
        "Imogen Jack James Laura Margaret Nigel Oliver Peter Rachel Rebecca Sarah Simon Siobhán Stephen Victoria William"
    ),
    last_names=_words(
        "Adams Bailey Baker Bennett Brown Carter Clarke Collins Cooper Davies Evans Foster Green Hall Harris Hughes "
        "Jackson Johnson Khan King Lewis MacDonald Martin Mitchell Morgan O'Neill Parker Patel Roberts Robinson Scott "
        "Shaw Smith-Jones Taylor Thompson Turner Walker Watson White Williams Wilson Wright Young"
    ),
    cities=(
        ("London", "EC1A", "Greater London", "20"),
        ("Manchester", "M1", "Greater Manchester", "161"),
        ("Leeds", "LS1", "West Yorkshire", "113"),
        ("Bristol", "BS1", "Bristol", "117"),
        ("Edinburgh", "EH1", "Scotland", "131"),
        ("Cardiff", "CF10", "Wales", "29"),
    ),
    streets=(
        "High Street",
        "Station Road",
        "Church Lane",
        "Mill Road",
        "Victoria Street",
        "King's Parade",
        "Park View",
    ),
    trades=_words("Engineering Textiles Shipping Foods Consulting Printing Instruments Software Catering"),
    forms=("Ltd", "plc", "LLP", "& Sons Ltd", "Holdings Ltd"),
    titles=("Managing Director", "Head of Purchasing", "Sales Manager", "Accounts", "Operations Manager", "PA"),
    reply="Re: ",
    greeting="Dear {name},",
    closing="Kind regards",
    subjects=(
        "Quotation {number}",
        "Invoice {number}",
        "Meeting in week {week}",
        "Your delivery",
        "Your enquiry of {day}/{month}",
        "Complaint about order {number}",
        "Renewal of the contract",
    ),
    sentences=(
        "thank you for your message.",
        "Please find the documents you asked for below.",
        "The goods leave our warehouse on Friday.",
        "Could we have a quick call about this?",
        "The price holds until the end of the month, plus VAT at 20 %.",
        "My colleague in accounts will be in touch – she knows the details.",
        "I'm afraid we have run out of the larger size.",
        "Let us know by the day after tomorrow, please.",
    ),
)

FRANCE = Region(
    country="France",
    code="33",
    domain="fr.example",
    timezone="Europe/Paris",
    first_names=_words(
        "Adrien Agnès Aurélie Benoît Camille Céline Chloé Clément Élodie Émile Étienne Florence François Françoise "
        "Frédéric Gaël Hélène Isabelle Jean-Pierre Jérôme Julien Laëtitia Léa Loïc Marie-Claude Mathieu Noémie Océane "
        "Raphaël René Solène Thérèse Valérie Zoé"
    ),
    last_names=_words(
        "André Barbier Benoît Blanc Bonnet Brunet Chevalier Colin D'Aboville David Deschamps Dubois Dupont Durand "
        "Faure Fournier François Garnier Gauthier Girard Guérin Hébert Lacroix Lambert Lefèvre Legrand Leroy Marchand "
        "Martinez Mercier Moreau Noël Perrin Petit Renard Roussel Rousseau Roy Simon Thibault Vasseur Vidal"
    ),
    cities=(
        ("Paris", "750", "Île-de-France", "1"),
        ("Lyon", "690", "Rhône", "4"),
        ("Orléans", "450", "Loiret", "2"),
        ("Marseille", "130", "Bouches-du-Rhône", "4"),
        ("Nîmes", "300", "Gard", "4"),
        ("Besançon", "250", "Doubs", "3"),
    ),
    streets=("rue de la République", "avenue Foch", "place de l'Église", "chemin du Moulin", "boulevard Voltaire"),
    trades=_words("Mécanique Textile Transports Conserverie Conseil Imprimerie Optique Logiciels Ébénisterie"),
    forms=("SARL", "SA", "SAS", "et Fils"),
    titles=(
        "Directrice générale",
        "Responsable des achats",
        "Commercial",
        "Comptabilité",
        "Chef d'équipe",
        "Secrétariat",
    ),
    reply="RE: ",
    greeting="Bonjour {name},",
    closing="Cordialement",
    subjects=(
        "Devis n° {number}",
        "Facture {number}",
        "Rendez-vous semaine {week}",
        "Votre livraison",
        "Votre demande du {day}/{month}",
        "Réclamation, commande {number}",
        "Renouvellement du contrat",
    ),
    sentences=(
        "merci pour votre message.",
        "Vous trouverez ci-dessous les documents demandés.",
        "La marchandise quitte notre entrepôt vendredi.",
        "Pourrions-nous en parler par téléphone ?",
        "Le prix est valable jusqu'à la fin du mois, TVA 20 % en sus.",
        "Ma collègue de la comptabilité vous rappellera « dès que possible ».",
        "Hélas, la grande taille est épuisée.",
        "Répondez-nous d'ici après-demain, s'il vous plaît.",
    ),
)

POLAND = Region(
    country="Poland",
    code="48",
    domain="pl.example",
    timezone="Europe/Warsaw",
    first_names=_words(
        "Agnieszka Aleksandra Andrzej Barbara Bartłomiej Dorota Elżbieta Ewa Grażyna Grzegorz Jakub Jan Joanna Józef "
        "Katarzyna Krzysztof Łukasz Małgorzata Marek Michał Paweł Piotr Rafał Stanisław Sławomir Tomasz Wojciech Zofia"
    ),
    last_names=_words(
        "Adamczyk Błaszczyk Dąbrowski Dudek Gołębiewski Górski Jabłoński Jankowski Kaczmarek Kamiński Kowalczyk Kowalski "
        "Król Kwiatkowski Lewandowski Łuczak Majewski Mazur Michalski Nowak Nowakowski Olszewski Pawłowski Piątek "
        "Sikora Stępień Szymański Wiśniewski Wójcik Woźniak Wróbel Zając Zieliński Żukowski"
    ),
    cities=(
        ("Warszawa", "00-", "mazowieckie", "22"),
        ("Kraków", "30-", "małopolskie", "12"),
        ("Łódź", "90-", "łódzkie", "42"),
        ("Wrocław", "50-", "dolnośląskie", "71"),
        ("Gdańsk", "80-", "pomorskie", "58"),
        ("Poznań", "60-", "wielkopolskie", "61"),
    ),
    streets=("ul. Długa", "ul. Świętojańska", "al. Jerozolimskie", "ul. Kościuszki", "pl. Wolności", "ul. Źródlana"),
    trades=_words("Budownictwo Meble Transport Drukarnia Piekarnia Elektronika Doradztwo Oprogramowanie Stolarstwo"),
    forms=("sp. z o.o.", "S.A.", "sp. j.", "i Synowie"),
    titles=("Prezes zarządu", "Kierownik zakupów", "Handlowiec", "Księgowość", "Dyrektor techniczny", "Sekretariat"),
    reply="Odp: ",
    greeting="Dzień dobry {name},",
    closing="Z poważaniem",
    subjects=(
        "Oferta {number}",
        "Faktura {number}",
        "Spotkanie, tydzień {week}",
        "Dostawa do Państwa",
        "Zapytanie z dnia {day}.{month}",
        "Reklamacja zamówienia {number}",
        "Przedłużenie umowy",
    ),
    sentences=(
        "dziękuję za wiadomość.",
        "Poniżej znajdą Państwo żądane dokumenty.",
        "Towar opuszcza nasz magazyn w piątek.",
        "Czy możemy o tym krótko porozmawiać?",
        "Cena obowiązuje do końca miesiąca, plus VAT 23 %.",
        "Koleżanka z księgowości skontaktuje się z Państwem.",
        "Niestety większy rozmiar się skończył.",
        "Prosimy o odpowiedź do pojutrza.",
    ),
)

REGIONS = (GERMANY, GERMANY, GERMANY, BRITAIN, BRITAIN, FRANCE, POLAND)
"""Where the customers are, the nearer ones more often."""

MEETINGS = (
    "Project review",
    "Quarterly planning",
    "Angebotsbesprechung",
    "Site visit",
    "Vertragsverhandlung",
    "Product demonstration",
    "Réunion de lancement",
    "Spotkanie handlowe",
    "Training day",
    "Übergabe",
)
SERIES = ("Jour fixe", "Weekly sales round", "Stand-up", "Point hebdomadaire")
ALL_DAY = ("Trade fair", "Holiday", "Betriebsausflug", "Stocktaking", "Salon professionnel")
PLACES = ("Room 1", "Room 2", "Besprechungsraum Süd", "at the customer's", "by telephone", "Café Central", "")
TASKS = ("Call back", "Send the offer", "Chase payment", "Prüfen: Vertrag", "Prepare samples", "Faktura", "Relancer")
NOTES = (
    "Met at the spring fair.",
    "Prefers e-mail.\nNo calls before ten.",
    "Wants the catalogue – on paper, 2 copies.",
    "Rabatt 3 % bei Zahlung innerhalb von 10 Tagen.",
    "Parle allemand ; répond vite.",
    "Speaks Polish, German; some English, too.",
)
CATEGORIES = ("A", "B", "C", "Supplier", "Press", "Partner")
SOURCES = ("Fair", "Web form", "Recommendation", "Cold call", "Directory")
