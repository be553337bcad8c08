//! The table of texts. `{0}` and `{1}` are places for values. Commands, codes and names of services stay as they are.

/// Declares [`Texts`] and one value of it for each language, so that no language can lack a text.
macro_rules! texts {
    ($($key:ident: $english:literal, $german:literal, $spanish:literal, $french:literal;)+) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(crate) struct Texts { $(pub(crate) $key: &'static str,)+ }

        pub(super) static ENGLISH: Texts = Texts { $($key: $english,)+ };
        pub(super) static GERMAN: Texts = Texts { $($key: $german,)+ };
        pub(super) static SPANISH: Texts = Texts { $($key: $spanish,)+ };
        pub(super) static FRENCH: Texts = Texts { $($key: $french,)+ };

        impl Texts {
            /// Every text with its key, in the order of the table.
            #[cfg(test)]
            pub(crate) fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($key), self.$key),)+]
            }
        }
    };
}

texts! {
    code: "en", "de", "es", "fr";
    language: "English", "Deutsch", "Español", "Français";

    // The frame
    console: "Console", "Konsole", "Consola", "Console";
    skip: "Skip to the content", "Zum Inhalt springen", "Ir al contenido", "Aller au contenu";
    overview: "Overview", "Übersicht", "Resumen", "Vue d’ensemble";
    you_are_here: "Where you are", "Wo Sie sind", "Dónde está", "Où vous êtes";
    sign_out: "Sign out", "Abmelden", "Cerrar sesión", "Se déconnecter";
    choose_language: "Language", "Sprache", "Idioma", "Langue";
    english_parts: "What the rules say about people, plans, settings and errors is in English.", "Was die Regeln über Personen, Pläne, Einstellungen und Fehler sagen, ist auf Englisch.", "Lo que dicen las reglas sobre personas, planes, ajustes y errores está en inglés.", "Ce que disent les règles sur les personnes, les plans, les réglages et les erreurs est en anglais.";

    // What did not work
    refused: "This was not done", "Das wurde nicht getan", "Esto no se ha hecho", "Cela n’a pas été fait";
    what_to_do: "What to do", "Was zu tun ist", "Qué hacer", "Que faire";
    not_found: "There is no such page", "Diese Seite gibt es nicht", "Esta página no existe", "Cette page n’existe pas";
    not_found_detail: "What you have asked for does not exist, or your session may not see it.", "Was Sie aufgerufen haben, gibt es nicht, oder Ihre Sitzung darf es nicht sehen.", "Lo que ha pedido no existe, o su sesión no puede verlo.", "Ce que vous avez demandé n’existe pas, ou votre session n’a pas le droit de le voir.";
    not_found_remedy: "Go back to the overview, and choose from what there is.", "Gehen Sie zur Übersicht und wählen Sie aus, was es gibt.", "Vuelva al resumen y elija entre lo que hay.", "Revenez à la vue d’ensemble et choisissez parmi ce qui existe.";
    forbidden: "Your session may not do this", "Ihre Sitzung darf das nicht", "Su sesión no puede hacer esto", "Votre session n’a pas ce droit";
    forbidden_detail: "The role with which you have signed in does not allow this.", "Die Rolle, mit der Sie angemeldet sind, erlaubt das nicht.", "El rol con el que ha iniciado sesión no lo permite.", "Le rôle avec lequel vous êtes connecté ne le permet pas.";
    forbidden_remedy: "Ask whoever runs the host to do it, or to give you a token whose role allows it.", "Bitten Sie den Betreiber, es zu tun oder Ihnen einen Token zu geben, dessen Rolle es erlaubt.", "Pida a quien administra el servidor que lo haga, o que le dé un token cuyo rol lo permita.", "Demandez à l’exploitant de le faire, ou de vous donner un jeton dont le rôle le permet.";
    other_site: "A page of another site has sent this, so nothing was done.", "Eine Seite einer anderen Website hat das gesendet, deshalb wurde nichts getan.", "Lo ha enviado una página de otro sitio, así que no se ha hecho nada.", "Une page d’un autre site a envoyé ceci ; rien n’a donc été fait.";
    other_site_remedy: "Open the console itself, and do it there.", "Öffnen Sie die Konsole selbst und tun Sie es dort.", "Abra la propia consola y hágalo allí.", "Ouvrez la console elle-même et faites-le là.";
    host_failed: "The host failed, and this page could not be made.", "Der Server hatte einen Fehler, und diese Seite konnte nicht erstellt werden.", "El servidor ha fallado y no se ha podido crear esta página.", "Le serveur a échoué, et cette page n’a pas pu être créée.";
    host_failed_remedy: "Try again. If that does not help, whoever runs the host finds the reason in its log.", "Versuchen Sie es noch einmal. Hilft das nicht, findet der Betreiber den Grund im Protokoll.", "Inténtelo de nuevo. Si no sirve, quien administra el servidor encontrará el motivo en el registro.", "Réessayez. Si cela ne suffit pas, l’exploitant trouvera la raison dans le journal.";
    to_overview: "To the overview", "Zur Übersicht", "Ir al resumen", "Vers la vue d’ensemble";
    one_moment: "One moment", "Einen Moment", "Un momento", "Un instant";
    go_on: "Continue", "Weiter", "Continuar", "Continuer";

    // Signing in
    sign_in: "Sign in", "Anmelden", "Iniciar sesión", "Se connecter";
    sign_in_lead: "HiBob and TravelPerk in step: see what a sync would do, decide, and read what was done.", "HiBob und TravelPerk im Gleichtakt: sehen, was ein Abgleich täte, entscheiden und nachlesen, was getan wurde.", "HiBob y TravelPerk al día: vea qué haría una sincronización, decida y lea lo que se hizo.", "HiBob et TravelPerk en phase : voyez ce que ferait une synchronisation, décidez et lisez ce qui a été fait.";
    work_email: "Your work email", "Ihre dienstliche E-Mail-Adresse", "Su correo de trabajo", "Votre adresse professionnelle";
    work_email_hint: "It is recorded with everything that you decide.", "Sie wird bei allem vermerkt, was Sie entscheiden.", "Se anota junto a todo lo que decida.", "Elle est notée avec tout ce que vous décidez.";
    token: "Token", "Token", "Token", "Jeton";
    token_hint: "It begins with hbt_. Whoever runs the host makes one, which is shown once: hibob token new", "Er beginnt mit hbt_. Der Betreiber macht einen, der einmal gezeigt wird: hibob token new", "Empieza por hbt_. Lo crea quien administra el servidor y se muestra una vez: hibob token new", "Il commence par hbt_. L’exploitant en crée un, montré une seule fois : hibob token new";
    link_hint: "Without a token: whoever runs the host can give you a link that signs in once: hibob console", "Ohne Token: Der Betreiber kann Ihnen einen Link geben, der einmal anmeldet: hibob console", "Sin token: quien administra el servidor puede darle un enlace de un solo uso: hibob console", "Sans jeton : l’exploitant peut vous donner un lien qui connecte une seule fois : hibob console";
    token_wrong: "This token is not valid: it is unknown, revoked or expired.", "Dieser Token gilt nicht: Er ist unbekannt, widerrufen oder abgelaufen.", "Este token no es válido: es desconocido, está revocado o ha caducado.", "Ce jeton n’est pas valable : il est inconnu, révoqué ou expiré.";
    token_wrong_remedy: "Copy the whole token, from hbt_ to its end, or ask for a new one.", "Kopieren Sie den ganzen Token, von hbt_ bis zum Ende, oder bitten Sie um einen neuen.", "Copie el token entero, desde hbt_ hasta el final, o pida uno nuevo.", "Copiez le jeton entier, de hbt_ jusqu’à la fin, ou demandez-en un nouveau.";
    too_often: "Too many tokens from here were not valid.", "Zu viele Token von hier galten nicht.", "Demasiados tokens de aquí no eran válidos.", "Trop de jetons venus d’ici n’étaient pas valables.";
    too_often_remedy: "Wait for a minute, and then try again.", "Warten Sie eine Minute und versuchen Sie es dann noch einmal.", "Espere un minuto e inténtelo de nuevo.", "Attendez une minute, puis réessayez.";
    email_missing: "This is not an email address.", "Das ist keine E-Mail-Adresse.", "Esto no es una dirección de correo.", "Ce n’est pas une adresse électronique.";
    email_missing_remedy: "Enter your work email, such as ana@acme.example.", "Geben Sie Ihre dienstliche Adresse ein, etwa ana@acme.example.", "Escriba su correo de trabajo, como ana@acme.example.", "Saisissez votre adresse professionnelle, comme ana@acme.example.";
    needs_https: "This page came over plain HTTP, where a browser keeps no session of the console.", "Diese Seite kam über unverschlüsseltes HTTP, wo ein Browser keine Sitzung der Konsole behält.", "Esta página ha llegado por HTTP sin cifrar, donde el navegador no guarda una sesión de la consola.", "Cette page est venue par HTTP non chiffré, où un navigateur ne garde aucune session de la console.";
    needs_https_remedy: "Whoever runs the host puts a proxy with TLS in front, which passes on the headers Host and Origin, and names it: hibob serve --host NAME", "Der Betreiber stellt einen Proxy mit TLS davor, der die Kopfzeilen Host und Origin weitergibt, und nennt ihn: hibob serve --host NAME", "Quien administra el servidor pone delante un proxy con TLS que transmita las cabeceras Host y Origin, y lo nombra: hibob serve --host NAME", "L’exploitant place devant un proxy avec TLS, qui transmet les en-têtes Host et Origin, et le nomme : hibob serve --host NAME";
    no_cookie: "The browser has kept no cookie, so that you are not signed in.", "Der Browser hat kein Cookie behalten, deshalb sind Sie nicht angemeldet.", "El navegador no ha guardado la cookie, así que no ha iniciado sesión.", "Le navigateur n’a gardé aucun cookie ; vous n’êtes donc pas connecté.";
    no_cookie_remedy: "Allow cookies of this site. They hold the session, and are gone when the browser closes.", "Erlauben Sie Cookies dieser Website. Sie halten die Sitzung und enden mit dem Browser.", "Permita las cookies de este sitio. Guardan la sesión y desaparecen al cerrar el navegador.", "Autorisez les cookies de ce site. Ils portent la session et disparaissent à la fermeture du navigateur.";
    link_title: "Sign in with this link", "Mit diesem Link anmelden", "Iniciar sesión con este enlace", "Se connecter avec ce lien";
    link_lead: "The link signs in once, within a minute of being made. Opening this page has not used it up.", "Der Link meldet einmal an, innerhalb einer Minute. Das Öffnen dieser Seite hat ihn nicht verbraucht.", "El enlace sirve una vez, durante un minuto. Abrir esta página no lo ha gastado.", "Le lien connecte une seule fois, dans la minute. Ouvrir cette page ne l’a pas consommé.";
    link_wrong: "This link does not sign in: it was used, or its minute is over.", "Dieser Link meldet nicht an: Er wurde benutzt, oder seine Minute ist vorbei.", "Este enlace no sirve: ya se usó, o su minuto ha pasado.", "Ce lien ne connecte pas : il a servi, ou sa minute est passée.";
    link_wrong_remedy: "Ask for a new one, and open it at once: hibob console", "Bitten Sie um einen neuen und öffnen Sie ihn gleich: hibob console", "Pida uno nuevo y ábralo enseguida: hibob console", "Demandez-en un nouveau et ouvrez-le aussitôt : hibob console";

    // States of a tenant
    state: "State", "Zustand", "Estado", "État";
    ready: "Ready", "Bereit", "Lista", "Prêt";
    waiting_for_you: "Waiting for you", "Wartet auf Sie", "Espera su decisión", "Attend votre décision";
    held: "Held", "Angehalten", "Retenida", "Retenu";
    broken: "Broken", "Gestört", "Con fallo", "En panne";
    incomplete: "Incomplete", "Unvollständig", "Incompleta", "Incomplet";
    paused: "Paused", "Pausiert", "En pausa", "En pause";
    tenants_number_one: "{0} tenant", "{0} Mandant", "{0} cliente", "{0} client";
    tenants_number: "{0} tenants", "{0} Mandanten", "{0} clientes", "{0} clients";
    tenants_shown: "The first {0} of {1} are shown, those that need somebody first.", "Die ersten {0} von {1} werden gezeigt, zuerst die, die jemanden brauchen.", "Se muestran los primeros {0} de {1}, antes los que necesitan a alguien.", "Les {0} premiers sur {1} sont affichés, d’abord ceux qui ont besoin de quelqu’un.";
    no_tenants: "There is no tenant yet.", "Es gibt noch keinen Mandanten.", "Todavía no hay ningún cliente.", "Il n’y a pas encore de client.";
    no_tenants_remedy: "Whoever runs the host stores one: hibob tenant init, then hibob tenant apply", "Der Betreiber legt einen an: hibob tenant init, dann hibob tenant apply", "Lo crea quien administra el servidor: hibob tenant init y después hibob tenant apply", "L’exploitant en crée un : hibob tenant init, puis hibob tenant apply";
    last_run: "Last run", "Letzter Lauf", "Última ejecución", "Dernière exécution";
    next_start: "Next start", "Nächster Start", "Próximo inicio", "Prochain départ";
    needs: "What it needs", "Was zu tun ist", "Qué necesita", "Ce qu’il faut";
    never: "Never", "Nie", "Nunca", "Jamais";
    by_hand_only: "By hand only", "Nur von Hand", "Solo a mano", "À la main seulement";
    decide_plan: "Decide about the plan", "Über den Plan entscheiden", "Decidir sobre el plan", "Décider du plan";
    plan_lapses: "A plan waits for a decision until {0}.", "Ein Plan wartet bis {0} auf eine Entscheidung.", "Un plan espera una decisión hasta el {0}.", "Un plan attend une décision jusqu’au {0}.";
    secrets_missing: "These secrets cannot be used: {0}.", "Diese Geheimnisse sind nicht verwendbar: {0}.", "Estos secretos no se pueden usar: {0}.", "Ces secrets ne sont pas utilisables : {0}.";
    disabled_since: "Disabled since {0}.", "Ausgeschaltet seit {0}.", "Desactivada desde el {0}.", "Désactivé depuis le {0}.";
    disabled_by: "By {0}: {1}", "Von {0}: {1}", "Por {0}: {1}", "Par {0} : {1}";
    interrupted_since: "The run of {0} was stopped before its end.", "Der Lauf von {0} wurde vor seinem Ende gestoppt.", "La ejecución del {0} se detuvo antes de terminar.", "L’exécution du {0} a été arrêtée avant sa fin.";
    unreadable: "It cannot be read.", "Er ist nicht lesbar.", "No se puede leer.", "Illisible.";
    see_last_run: "See what the last run says", "Ansehen, was der letzte Lauf sagt", "Ver qué dice la última ejecución", "Voir ce que dit la dernière exécution";
    see_more: "See more", "Mehr ansehen", "Ver más", "En voir plus";

    // A tenant
    actions: "Actions", "Aktionen", "Acciones", "Actions";
    start_check: "Check credentials and permissions", "Zugänge und Rechte prüfen", "Comprobar accesos y permisos", "Vérifier les accès et les droits";
    start_check_hint: "Changes nothing.", "Ändert nichts.", "No cambia nada.", "Ne change rien.";
    start_plan: "Make a plan to look at", "Einen Plan zum Ansehen machen", "Hacer un plan para verlo", "Faire un plan à examiner";
    start_plan_hint: "Changes nothing. You can approve it then.", "Ändert nichts. Danach können Sie ihn freigeben.", "No cambia nada. Después puede aprobarlo.", "Ne change rien. Vous pourrez ensuite l’approuver.";
    start_sync: "Sync now", "Jetzt abgleichen", "Sincronizar ahora", "Synchroniser maintenant";
    start_sync_hint: "Makes a plan and applies it at once, as the nightly sync does.", "Macht einen Plan und wendet ihn gleich an, wie der nächtliche Abgleich.", "Hace un plan y lo aplica enseguida, como la sincronización nocturna.", "Fait un plan et l’applique aussitôt, comme la synchronisation de nuit.";
    plans: "Plans", "Pläne", "Planes", "Plans";
    plan: "Plan", "Plan", "Plan", "Plan";
    no_plans: "No plan was kept yet.", "Noch wurde kein Plan aufbewahrt.", "Todavía no se ha guardado ningún plan.", "Aucun plan n’a encore été conservé.";
    runs: "Runs", "Läufe", "Ejecuciones", "Exécutions";
    run: "Run", "Lauf", "Ejecución", "Exécution";
    all_runs: "All runs and workbooks", "Alle Läufe und Arbeitsmappen", "Todas las ejecuciones y libros", "Toutes les exécutions et classeurs";
    no_runs: "Nothing has run yet.", "Noch ist nichts gelaufen.", "Todavía no se ha ejecutado nada.", "Rien n’a encore été exécuté.";
    no_runs_remedy: "Make a plan to see what a first sync would do.", "Machen Sie einen Plan, um zu sehen, was ein erster Abgleich täte.", "Haga un plan para ver qué haría la primera sincronización.", "Faites un plan pour voir ce que ferait la première synchronisation.";
    jobs: "Jobs", "Aufträge", "Trabajos", "Travaux";
    no_jobs: "Nothing was asked for yet.", "Noch wurde nichts in Auftrag gegeben.", "Todavía no se ha pedido nada.", "Rien n’a encore été demandé.";
    secrets: "Secrets", "Geheimnisse", "Secretos", "Secrets";
    no_secrets: "The settings take no secret from the store.", "Die Einstellungen nehmen kein Geheimnis aus dem Speicher.", "Los ajustes no toman ningún secreto del almacén.", "Les réglages ne prennent aucun secret du coffre.";
    entered: "Entered", "Eingegeben", "Introducido", "Saisi";
    sent_to: "Sent to", "Geht an", "Se envía a", "Envoyé à";
    secret_set: "Set", "Vorhanden", "Guardado", "En place";
    secret_missing: "Missing", "Fehlt", "Falta", "Manquant";
    secret_unusable: "Unusable: enter it again", "Unbrauchbar: neu eingeben", "Inservible: introdúzcalo de nuevo", "Inutilisable : à saisir de nouveau";
    secret_unused: "Set, not in use", "Vorhanden, nicht in Gebrauch", "Guardado, sin uso", "En place, non utilisé";
    secrets_hint: "A secret is never shown.", "Ein Geheimnis wird nie gezeigt.", "Un secreto nunca se muestra.", "Un secret n’est jamais montré.";
    see_secrets: "See and enter secrets", "Geheimnisse ansehen und eingeben", "Ver e introducir secretos", "Voir et saisir les secrets";
    secrets_of: "Secrets of {0}", "Geheimnisse von {0}", "Secretos de {0}", "Secrets de {0}";
    secrets_lead: "What you enter is stored encrypted, is sent to the named service only, and is never shown again.", "Was Sie eingeben, wird verschlüsselt gespeichert, geht nur an den genannten Dienst und wird nie wieder gezeigt.", "Lo que introduzca se guarda cifrado, se envía solo al servicio indicado y no vuelve a mostrarse.", "Ce que vous saisissez est conservé chiffré, envoyé au seul service nommé, et n’est plus jamais montré.";
    secret_stored: "{0} is stored, and is not shown again.", "{0} ist gespeichert und wird nicht wieder gezeigt.", "{0} está guardado y no vuelve a mostrarse.", "{0} est enregistré et n’est plus montré.";
    secret_value: "The secret", "Das Geheimnis", "El secreto", "Le secret";
    secret_value_hint: "One line without spaces. Copy all of it.", "Eine Zeile ohne Leerzeichen. Kopieren Sie alles.", "Una línea sin espacios. Cópiela entera.", "Une ligne sans espaces. Copiez-la en entier.";
    store_secret: "Store {0}", "{0} speichern", "Guardar {0}", "Enregistrer {0}";
    replace_secret: "Replace {0}", "{0} ersetzen", "Reemplazar {0}", "Remplacer {0}";
    secret_elsewhere: "Kept elsewhere", "Liegt anderswo", "Está en otro lugar", "Conservé ailleurs";
    secret_elsewhere_hint: "This one is not entered here: whoever runs the host keeps it.", "Dieses wird nicht hier eingegeben: Der Betreiber bewahrt es auf.", "Este no se introduce aquí: lo guarda quien administra el servidor.", "Celui-ci ne se saisit pas ici : l’exploitant le conserve.";
    secret_unknown: "There is no such secret, so nothing was stored.", "Dieses Geheimnis gibt es nicht, deshalb wurde nichts gespeichert.", "Ese secreto no existe, así que no se ha guardado nada.", "Ce secret n’existe pas ; rien n’a donc été enregistré.";
    secret_unknown_remedy: "Enter it at one of those that are listed below.", "Geben Sie es bei einem der unten genannten ein.", "Introdúzcalo en uno de los que aparecen abajo.", "Saisissez-le à l’un de ceux qui sont listés ci-dessous.";
    secrets_only_read: "Your session may see which secrets are there, and not enter any.", "Ihre Sitzung darf sehen, welche Geheimnisse da sind, aber keine eingeben.", "Su sesión puede ver qué secretos hay, pero no introducirlos.", "Votre session peut voir quels secrets sont là, mais pas en saisir.";
    secret_hibob: "Token of the service user in HiBob", "Token des Service-Users in HiBob", "Token del usuario de servicio de HiBob", "Jeton de l’utilisateur de service dans HiBob";
    secret_travelperk: "TravelPerk’s API key", "API-Schlüssel von TravelPerk", "Clave de API de TravelPerk", "Clé d’API de TravelPerk";
    secret_references: "Token of the service user for references", "Token des Service-Users für Referenzen", "Token del usuario de servicio para referencias", "Jeton de l’utilisateur de service pour les références";
    secret_smtp: "Password at the mail server", "Passwort am Mailserver", "Contraseña del servidor de correo", "Mot de passe du serveur de messagerie";
    secret_client: "Client secret for the mail server", "Client-Secret für den Mailserver", "Secreto de cliente para el servidor de correo", "Secret client pour le serveur de messagerie";
    secret_refresh: "Refresh token for the mail server", "Refresh-Token für den Mailserver", "Token de renovación para el servidor de correo", "Jeton de renouvellement pour le serveur de messagerie";
    secret_webhook: "Key that signs deliveries by webhook", "Schlüssel, der Zustellungen per Webhook signiert", "Clave que firma las entregas por webhook", "Clé qui signe les remises par webhook";
    secret_proxy: "Password at the operator’s proxy", "Passwort am Proxy des Betreibers", "Contraseña del proxy del operador", "Mot de passe du proxy de l’exploitant";
    secret_of_people: "Key for personal data, which the host has made itself", "Schlüssel für personenbezogene Daten, vom Server selbst gemacht", "Clave de los datos personales, creada por el propio servidor", "Clé des données personnelles, créée par le serveur lui-même";

    // Settings
    settings: "Settings", "Einstellungen", "Ajustes", "Réglages";
    settings_of: "Settings of {0}", "Einstellungen von {0}", "Ajustes de {0}", "Réglages de {0}";
    settings_lead: "What is left empty has its default. Nothing is stored before you have seen what it changes.", "Was leer bleibt, hat seinen Standardwert. Nichts wird gespeichert, bevor Sie gesehen haben, was es ändert.", "Lo que quede vacío tiene su valor por defecto. No se guarda nada hasta que haya visto qué cambia.", "Ce qui reste vide a sa valeur par défaut. Rien n’est enregistré avant que vous ayez vu ce que cela change.";
    settings_only_read: "Your session may see the settings, and not change them.", "Ihre Sitzung darf die Einstellungen sehen, aber nicht ändern.", "Su sesión puede ver los ajustes, pero no cambiarlos.", "Votre session peut voir les réglages, mais pas les changer.";
    settings_see: "See what this changes", "Ansehen, was das ändert", "Ver qué cambia esto", "Voir ce que cela change";
    settings_see_hint: "Stores nothing yet.", "Speichert noch nichts.", "Todavía no guarda nada.", "N’enregistre encore rien.";
    settings_by_default: "by default", "Standard", "por defecto", "par défaut";
    settings_default_is: "Default: {0}.", "Standard: {0}.", "Por defecto: {0}.", "Par défaut : {0}.";
    settings_these: "These:", "Diese:", "Estos:", "Ceux-ci :";
    settings_lines: "One on each line.", "Je Zeile einer.", "Uno en cada línea.", "Un par ligne.";
    settings_name: "Name", "Name", "Nombre", "Nom";
    settings_value: "Value", "Wert", "Valor", "Valeur";
    settings_of_host: "Changed by whoever runs the host", "Vom Betreiber geändert", "Lo que cambia quien administra el servidor", "Ce que change l’exploitant";
    settings_of_host_hint: "Where the host connects to, what it trusts and how much it uses. They are shown here, and not changed.", "Womit der Server sich verbindet, wem er vertraut und wie viel er verbraucht. Sie werden hier gezeigt, nicht geändert.", "A qué se conecta el servidor, en qué confía y cuánto usa. Aquí se muestran, no se cambian.", "À quoi le serveur se connecte, à quoi il se fie et combien il consomme. Ils sont montrés ici, pas changés.";
    settings_change_of: "Change the settings of {0}?", "Einstellungen von {0} ändern?", "¿Cambiar los ajustes de {0}?", "Changer les réglages de {0} ?";
    settings_not_stored: "Nothing is stored yet.", "Noch ist nichts gespeichert.", "Todavía no se ha guardado nada.", "Rien n’est encore enregistré.";
    settings_losses: "This would be lost", "Das ginge verloren", "Esto se perdería", "Cela serait perdu";
    settings_confirm: "I mean it: this may be lost", "Das ist gewollt: es darf verloren gehen", "Es lo que quiero: puede perderse", "C’est voulu : cela peut être perdu";
    settings_unconfirmed: "Something would be lost, so nothing was stored.", "Etwas ginge verloren, deshalb wurde nichts gespeichert.", "Se perdería algo, así que no se ha guardado nada.", "Quelque chose serait perdu ; rien n’a donc été enregistré.";
    settings_unconfirmed_remedy: "Tick that it is meant, or change the settings once more.", "Haken Sie an, dass es gewollt ist, oder ändern Sie die Einstellungen noch einmal.", "Marque que es lo que quiere, o vuelva a cambiar los ajustes.", "Cochez que c’est voulu, ou changez encore les réglages.";
    settings_store_one: "Store {0} change", "{0} Änderung speichern", "Guardar {0} cambio", "Enregistrer {0} modification";
    settings_store_more: "Store {0} changes", "{0} Änderungen speichern", "Guardar {0} cambios", "Enregistrer {0} modifications";
    settings_more: "Change more", "Mehr ändern", "Cambiar más", "Changer davantage";
    settings_leave: "Leave everything as it is", "Alles lassen, wie es ist", "Dejar todo como está", "Tout laisser tel quel";
    settings_stored: "Stored: this is version {0}. The next run uses it.", "Gespeichert: Das ist Version {0}. Der nächste Lauf benutzt sie.", "Guardado: es la versión {0}. La usará la próxima ejecución.", "Enregistré : c’est la version {0}. La prochaine exécution l’utilise.";
    settings_nothing: "This changes nothing, so there is nothing to store.", "Das ändert nichts, also gibt es nichts zu speichern.", "Esto no cambia nada, así que no hay nada que guardar.", "Cela ne change rien ; il n’y a donc rien à enregistrer.";
    settings_nothing_remedy: "Change a setting, and look again.", "Ändern Sie eine Einstellung und sehen Sie noch einmal nach.", "Cambie un ajuste y vuelva a mirar.", "Changez un réglage, puis regardez de nouveau.";
    settings_versions: "Who changed what, and when", "Wer was wann geändert hat", "Quién cambió qué y cuándo", "Qui a changé quoi, et quand";
    settings_versions_of: "Changes of the settings of {0}", "Änderungen der Einstellungen von {0}", "Cambios de los ajustes de {0}", "Modifications des réglages de {0}";
    settings_version: "Version {0}", "Version {0}", "Versión {0}", "Version {0}";
    settings_first_kept: "The oldest version that is kept.", "Die älteste Version, die aufbewahrt ist.", "La versión más antigua que se conserva.", "La plus ancienne version conservée.";
    settings_by_file: "whoever runs the host, with a file", "der Betreiber, mit einer Datei", "quien administra el servidor, con un archivo", "l’exploitant, avec un fichier";
    settings_by_command: "whoever runs the host, with a command", "der Betreiber, mit einem Befehl", "quien administra el servidor, con un comando", "l’exploitant, avec une commande";
    settings_by_rollback: "whoever runs the host, who brought an earlier one back", "der Betreiber, der eine frühere zurückgeholt hat", "quien administra el servidor, que recuperó una anterior", "l’exploitant, qui en a rétabli une plus ancienne";
    settings_by_api: "the API", "die API", "la API", "l’API";

    // Setting up
    setup: "Setting up", "Einrichten", "Configuración", "Mise en place";
    set_up: "Set it up", "Einrichten", "Configurarlo", "Le mettre en place";
    setup_of: "Setting up {0}", "{0} einrichten", "Configurar {0}", "Mise en place de {0}";
    setup_progress: "{0} of {1} steps are done", "{0} von {1} Schritten sind erledigt", "{0} de {1} pasos están hechos", "{0} étapes sur {1} sont faites";
    setup_lead: "Leave it at any step and take it up again, also somebody else: each step knows whether it is done.", "Hören Sie bei jedem Schritt auf und machen Sie später weiter, auch jemand anderes: Jeder Schritt weiß, ob er erledigt ist.", "Puede dejarlo en cualquier paso y seguir después, también otra persona: cada paso sabe si está hecho.", "Arrêtez-vous à n’importe quelle étape et reprenez plus tard, même quelqu’un d’autre : chaque étape sait si elle est faite.";
    setup_continue: "Go on setting it up", "Mit dem Einrichten weitermachen", "Seguir configurándolo", "Continuer la mise en place";
    setup_go_on: "Go on: {0}", "Weiter: {0}", "Seguir: {0}", "Continuer : {0}";
    setup_next: "Next step: {0}", "Nächster Schritt: {0}", "Paso siguiente: {0}", "Étape suivante : {0}";
    setup_all: "All steps", "Alle Schritte", "Todos los pasos", "Toutes les étapes";
    setup_step: "Step {0} of {1}", "Schritt {0} von {1}", "Paso {0} de {1}", "Étape {0} sur {1}";
    setup_open: "To do", "Zu tun", "Por hacer", "À faire";
    setup_save: "This is right", "So stimmt es", "Así está bien", "C’est bien ainsi";
    setup_save_hint: "If it changes settings, you see the difference first. Then the next step comes.", "Ändert es Einstellungen, sehen Sie zuerst den Unterschied. Dann kommt der nächste Schritt.", "Si cambia ajustes, primero verá la diferencia. Después viene el paso siguiente.", "Si cela change des réglages, vous voyez d’abord la différence. Ensuite vient l’étape suivante.";
    setup_needs_secrets: "First enter the token of HiBob and the key of TravelPerk: this asks both services.", "Geben Sie zuerst den Token von HiBob und den Schlüssel von TravelPerk ein: Hier werden beide Dienste gefragt.", "Introduzca primero el token de HiBob y la clave de TravelPerk: esto pregunta a ambos servicios.", "Saisissez d’abord le jeton de HiBob et la clé de TravelPerk : ceci interroge les deux services.";
    setup_complete: "Everything is set up", "Alles ist eingerichtet", "Todo está configurado", "Tout est en place";
    setup_schedule: "Syncs start by hand so far. To have one every night, set schedule.sync.", "Bisher beginnt der Abgleich von Hand. Für einen in jeder Nacht setzen Sie schedule.sync.", "Por ahora las sincronizaciones empiezan a mano. Para una cada noche, ajuste schedule.sync.", "Pour l’instant, les synchronisations démarrent à la main. Pour une chaque nuit, réglez schedule.sync.";
    setup_to_tenant: "To the tenant", "Zum Mandanten", "Ir al cliente", "Vers le client";
    step_user: "Service user and token in HiBob", "Service-User und Token in HiBob", "Usuario de servicio y token en HiBob", "Utilisateur de service et jeton dans HiBob";
    step_key: "TravelPerk’s API key", "API-Schlüssel von TravelPerk", "Clave de API de TravelPerk", "Clé d’API de TravelPerk";
    step_permissions: "Permission group in HiBob", "Berechtigungsgruppe in HiBob", "Grupo de permisos en HiBob", "Groupe de droits dans HiBob";
    step_people: "Who is synced", "Wer abgeglichen wird", "A quién se sincroniza", "Qui est synchronisé";
    step_details: "Which details", "Welche Angaben", "Qué datos", "Quelles données";
    step_cost_centers: "Cost centers (cost objects)", "Kostenstellen (cost objects)", "Centros de coste (cost objects)", "Centres de coût (cost objects)";
    step_companies: "Companies", "Gesellschaften", "Empresas", "Sociétés";
    step_approvals: "Trip approvals", "Genehmigung von Reisen", "Aprobación de viajes", "Approbation des voyages";
    step_plan: "First plan and decision", "Erster Plan und Entscheidung", "Primer plan y decisión", "Premier plan et décision";
    guide_user: "In HiBob’s settings, an admin makes a service user. Its id has to be {0}; if it is another one, whoever runs the host changes that.", "In den Einstellungen von HiBob macht ein Admin einen Service-User. Seine Kennung muss {0} sein; ist es eine andere, ändert das der Betreiber.", "En los ajustes de HiBob, un administrador crea un usuario de servicio. Su id debe ser {0}; si es otro, lo cambia quien administra el servidor.", "Dans les réglages de HiBob, un administrateur crée un utilisateur de service. Son identifiant doit être {0} ; si c’en est un autre, l’exploitant le change.";
    guide_token: "HiBob shows the token of the service user once. Copy it, and enter it here.", "HiBob zeigt den Token des Service-Users einmal. Kopieren Sie ihn und geben Sie ihn hier ein.", "HiBob muestra el token del usuario de servicio una vez. Cópielo e introdúzcalo aquí.", "HiBob montre une seule fois le jeton de l’utilisateur de service. Copiez-le et saisissez-le ici.";
    guide_key: "In TravelPerk, an admin opens the company settings, Integrations, enables the SCIM API and makes a key. Enter it here.", "In TravelPerk öffnet ein Admin die Firmeneinstellungen, Integrationen, schaltet die SCIM-API ein und macht einen Schlüssel. Geben Sie ihn hier ein.", "En TravelPerk, un administrador abre los ajustes de empresa, Integraciones, activa la API de SCIM y crea una clave. Introdúzcala aquí.", "Dans TravelPerk, un administrateur ouvre les réglages de l’entreprise, Intégrations, active l’API SCIM et crée une clé. Saisissez-la ici.";
    guide_key_warning: "If people log in to TravelPerk by single sign-on, make sure that it does not overwrite what the sync writes.", "Melden sich Personen bei TravelPerk per Single Sign-on an, darf dieses nicht überschreiben, was der Abgleich schreibt.", "Si la gente entra en TravelPerk con inicio de sesión único, asegúrese de que no sobrescriba lo que escribe la sincronización.", "Si l’on se connecte à TravelPerk par authentification unique, veillez à ce qu’elle n’écrase pas ce qu’écrit la synchronisation.";
    guide_group: "In HiBob, make a permission group, put the service user into it, and tick these below People data.", "Machen Sie in HiBob eine Berechtigungsgruppe, nehmen Sie den Service-User auf und haken Sie unter People data diese an.", "En HiBob, cree un grupo de permisos, incluya al usuario de servicio y marque estos en People data.", "Dans HiBob, créez un groupe de droits, ajoutez-y l’utilisateur de service et cochez ceux-ci sous People data.";
    guide_group_warning: "The group must be for everybody: remove the condition “Lifecycle status equals Employed”, or the sync never sees who has left.", "Die Gruppe muss für alle gelten: Entfernen Sie die Bedingung „Lifecycle status equals Employed“, sonst sieht der Abgleich nie, wer gegangen ist.", "El grupo debe ser para todos: quite la condición «Lifecycle status equals Employed», o la sincronización nunca verá quién se ha ido.", "Le groupe doit valoir pour tous : retirez la condition « Lifecycle status equals Employed », sinon la synchronisation ne voit jamais qui est parti.";
    guide_ticks: "To tick in HiBob", "In HiBob anzuhaken", "Qué marcar en HiBob", "À cocher dans HiBob";
    guide_ticks_hint: "The ticks here are for you and are not kept. The check below finds out what is missing.", "Die Häkchen hier sind für Sie und werden nicht aufbewahrt. Die Prüfung unten findet, was fehlt.", "Las marcas de aquí son para usted y no se guardan. La comprobación de abajo averigua qué falta.", "Les coches ici sont pour vous et ne sont pas conservées. La vérification ci-dessous trouve ce qui manque.";
    guide_for_every: "every sync", "jeder Abgleich", "cada sincronización", "chaque synchronisation";
    guide_people: "Left empty, everybody at every site is synced. Nothing is done to the accounts of those who are left out, unless you choose that.", "Bleibt es leer, werden alle an allen Standorten abgeglichen. An den Konten derer, die ausgenommen sind, geschieht nichts, außer Sie wählen es.", "Si queda vacío, se sincroniza a todos en todas las sedes. No se hace nada con las cuentas de los excluidos, salvo que usted lo elija.", "Laissé vide, tout le monde est synchronisé sur tous les sites. Rien n’est fait aux comptes des personnes écartées, sauf si vous le choisissez.";
    guide_details: "Names, work email and whether somebody works here are always synced. Choose what else is.", "Namen, dienstliche E-Mail und ob jemand hier arbeitet werden immer abgeglichen. Wählen Sie, was noch.", "Nombres, correo de trabajo y si alguien trabaja aquí se sincronizan siempre. Elija qué más.", "Les noms, l’e-mail professionnel et le fait d’être en poste sont toujours synchronisés. Choisissez le reste.";
    guide_details_missing: "Where you name details, somebody who lacks one in HiBob is left out and reported; with “skip” only that detail is left out.", "Wo Sie Angaben nennen, wird ausgelassen und gemeldet, wem in HiBob eine fehlt; mit „skip“ entfällt nur diese Angabe.", "Si nombra datos, se omite y se informa de quien carezca de uno en HiBob; con «skip» se omite solo ese dato.", "Si vous nommez des données, qui en manque une dans HiBob est écarté et signalé ; avec « skip », seule cette donnée est omise.";
    guide_cost: "A cost center, which TravelPerk calls a cost object today, is taken from the department in HiBob, or from the field that you name here.", "Eine Kostenstelle, die TravelPerk heute cost object nennt, kommt aus der Abteilung in HiBob oder aus dem Feld, das Sie hier nennen.", "Un centro de coste, que TravelPerk llama hoy cost object, se toma del departamento en HiBob, o del campo que indique aquí.", "Un centre de coût, que TravelPerk appelle aujourd’hui cost object, vient du département dans HiBob, ou du champ que vous nommez ici.";
    guide_cost_made: "Cost centers that TravelPerk lacks are created.", "Kostenstellen, die TravelPerk fehlen, werden angelegt.", "Los centros de coste que falten en TravelPerk se crean.", "Les centres de coût qui manquent à TravelPerk sont créés.";
    guide_cost_named: "They are assigned by name, and none is created: for that, whoever runs the host sets travelperk.cost_centers_url.", "Sie werden nach Namen zugewiesen, und keine wird angelegt: Dafür setzt der Betreiber travelperk.cost_centers_url.", "Se asignan por nombre y no se crea ninguno: para eso, quien administra el servidor ajusta travelperk.cost_centers_url.", "Ils sont attribués par nom et aucun n’est créé : pour cela, l’exploitant règle travelperk.cost_centers_url.";
    guide_companies: "A company is the invoice profile in TravelPerk with the name of the site in HiBob. Where the names differ, write both here.", "Eine Gesellschaft ist das Rechnungsprofil in TravelPerk mit dem Namen des Standorts in HiBob. Wo die Namen abweichen, schreiben Sie hier beide.", "Una empresa es el perfil de facturación de TravelPerk con el nombre de la sede en HiBob. Donde difieran, escriba ambos aquí.", "Une société est le profil de facturation de TravelPerk qui porte le nom du site dans HiBob. S’ils diffèrent, écrivez les deux ici.";
    guide_companies_on: "They are synced if “company” is among the details.", "Sie werden abgeglichen, wenn „company“ unter den Angaben ist.", "Se sincronizan si «company» está entre los datos.", "Elles sont synchronisées si « company » figure parmi les données.";
    guide_companies_off: "They are not compared yet: for that, whoever runs the host sets travelperk.rest_url.", "Sie werden noch nicht verglichen: Dafür setzt der Betreiber travelperk.rest_url.", "Todavía no se comparan: para eso, quien administra el servidor ajusta travelperk.rest_url.", "Elles ne sont pas encore comparées : pour cela, l’exploitant règle travelperk.rest_url.";
    guide_approvals: "The sync writes the line manager. Left empty, trip approvals stay as they are in TravelPerk; a method needs its Pro plan.", "Der Abgleich schreibt die vorgesetzte Person. Bleibt es leer, bleiben die Genehmigungen in TravelPerk, wie sie sind; eine Methode braucht den Pro-Plan.", "La sincronización escribe el responsable. Si queda vacío, las aprobaciones de viajes siguen como están en TravelPerk; un método necesita el plan Pro.", "La synchronisation écrit le responsable. Laissé vide, les approbations restent telles quelles dans TravelPerk ; une méthode exige l’offre Pro.";
    guide_method_a: "A: trips within the travel policy are approved automatically, others by the line manager.", "A: Reisen innerhalb der Richtlinie werden automatisch genehmigt, andere durch die vorgesetzte Person.", "A: los viajes dentro de la política se aprueban solos; los demás, el responsable.", "A : les voyages conformes sont approuvés automatiquement, les autres par le responsable.";
    guide_method_b: "B: as A, and the line manager is told of each trip.", "B: wie A, und die vorgesetzte Person erfährt von jeder Reise.", "B: como A, y se avisa al responsable de cada viaje.", "B : comme A, et le responsable est informé de chaque voyage.";
    guide_method_c: "C: the line manager approves every trip.", "C: Die vorgesetzte Person genehmigt jede Reise.", "C: el responsable aprueba todos los viajes.", "C : le responsable approuve chaque voyage.";
    guide_approvals_warning: "A method replaces the approval processes that exist in TravelPerk. Download them there first, and say yes to replaces_existing.", "Eine Methode ersetzt die Genehmigungsprozesse, die es in TravelPerk gibt. Laden Sie diese dort vorher herunter und bestätigen Sie replaces_existing.", "Un método reemplaza los procesos de aprobación que existen en TravelPerk. Descárguelos antes allí y confirme replaces_existing.", "Une méthode remplace les processus d’approbation existants dans TravelPerk. Téléchargez-les d’abord, puis confirmez replaces_existing.";
    guide_plan: "Make a plan, read what the first sync would do, and decide about it. Nothing is written before you have said yes.", "Machen Sie einen Plan, lesen Sie, was der erste Abgleich täte, und entscheiden Sie. Nichts wird geschrieben, bevor Sie zugestimmt haben.", "Haga un plan, lea qué haría la primera sincronización y decida. No se escribe nada hasta que haya dicho que sí.", "Faites un plan, lisez ce que ferait la première synchronisation et décidez. Rien n’est écrit avant votre accord.";

    last_check: "Last check", "Letzte Prüfung", "Última comprobación", "Dernière vérification";
    no_check: "Nothing was checked yet.", "Noch wurde nichts geprüft.", "Todavía no se ha comprobado nada.", "Rien n’a encore été vérifié.";
    check_fine: "Nothing has to be mended.", "Es ist nichts zu beheben.", "No hay nada que arreglar.", "Il n’y a rien à corriger.";
    check_employees: "HiBob sends {0} employees.", "HiBob sendet {0} Beschäftigte.", "HiBob envía {0} empleados.", "HiBob envoie {0} employés.";
    permission: "Permission in HiBob", "Recht in HiBob", "Permiso en HiBob", "Droit dans HiBob";
    granted: "Granted", "Erteilt", "Concedido", "Accordé";
    needed_for: "Needed for", "Gebraucht für", "Necesario para", "Nécessaire pour";
    yes: "yes", "ja", "sí", "oui";
    no: "no", "nein", "no", "non";
    disable: "Disable the sync", "Abgleich ausschalten", "Desactivar la sincronización", "Désactiver la synchronisation";
    disable_title: "Disable the sync of {0}?", "Abgleich von {0} ausschalten?", "¿Desactivar la sincronización de {0}?", "Désactiver la synchronisation de {0} ?";
    disable_stops: "From now on no run starts, by schedule or by hand. A run that goes on finishes what is in flight, and stops.", "Ab jetzt beginnt kein Lauf mehr, weder nach Plan noch von Hand. Ein laufender beendet, was er begonnen hat, und stoppt.", "Desde ahora no empieza ninguna ejecución, ni programada ni a mano. La que esté en marcha termina lo iniciado y se detiene.", "Dès maintenant, aucune exécution ne démarre, ni programmée ni à la main. Celle en cours finit ce qu’elle a commencé et s’arrête.";
    disable_stays: "Nobody’s account changes. Settings, secrets, links between people and accounts, history and references stay as they are.", "Niemandes Konto ändert sich. Einstellungen, Geheimnisse, Zuordnungen, Verlauf und Referenzen bleiben, wie sie sind.", "No cambia la cuenta de nadie. Ajustes, secretos, vínculos entre personas y cuentas, historial y referencias siguen igual.", "Aucun compte ne change. Réglages, secrets, liens entre personnes et comptes, historique et références restent tels quels.";
    disable_leavers: "Who leaves meanwhile keeps an active account until the sync is enabled again.", "Wer inzwischen geht, behält ein aktives Konto, bis der Abgleich wieder eingeschaltet ist.", "Quien se marche mientras tanto conserva su cuenta activa hasta que se reactive la sincronización.", "Qui part entre-temps garde un compte actif jusqu’à la réactivation de la synchronisation.";
    enable: "Enable the sync in my name", "Abgleich in meinem Namen einschalten", "Activar la sincronización en mi nombre", "Activer la synchronisation en mon nom";
    enable_hint: "You then stand for the sync: if you leave, it stops until somebody else enables it.", "Sie stehen dann für den Abgleich ein: Gehen Sie, stoppt er, bis jemand anderes ihn einschaltet.", "Usted responde entonces por la sincronización: si se marcha, se detiene hasta que otra persona la active.", "Vous répondez alors de la synchronisation : si vous partez, elle s’arrête jusqu’à ce que quelqu’un d’autre l’active.";
    reason: "Reason", "Grund", "Motivo", "Raison";
    reason_hint: "One line, for people to read.", "Eine Zeile, für Menschen zu lesen.", "Una línea, para que la lean otras personas.", "Une ligne, destinée à être lue.";
    back: "Back", "Zurück", "Volver", "Retour";

    // Kinds of jobs and what started them
    job_check: "Check", "Prüfung", "Comprobación", "Vérification";
    job_plan: "Plan", "Plan", "Plan", "Plan";
    job_sync: "Sync", "Abgleich", "Sincronización", "Synchronisation";
    job_apply: "Applying a plan", "Anwenden eines Plans", "Aplicación de un plan", "Application d’un plan";
    job_references: "References", "Referenzen", "Referencias", "Références";
    job_deliver: "Delivery", "Zustellung", "Entrega", "Remise";
    by_schedule: "by schedule", "nach Zeitplan", "programada", "programmée";
    by_hand: "by hand", "von Hand", "a mano", "à la main";
    by_resuming: "resumed", "fortgesetzt", "reanudada", "reprise";
    started_by: "Started", "Gestartet", "Iniciada", "Lancée";
    kind: "Kind", "Art", "Tipo", "Type";
    began: "Began", "Begann", "Empezó", "Début";
    ended: "Ended", "Endete", "Terminó", "Fin";
    asked_for: "Asked for", "Angefordert", "Pedido", "Demandé";
    result: "Result", "Ergebnis", "Resultado", "Résultat";

    // How jobs and runs end
    queued: "Waits for its turn", "Wartet, bis es dran ist", "Espera su turno", "Attend son tour";
    running: "Running", "Läuft", "En marcha", "En cours";
    done: "Done", "Erledigt", "Hecho", "Terminé";
    done_with_errors: "Done, with errors for some people", "Erledigt, mit Fehlern bei einigen Personen", "Hecho, con errores en algunas personas", "Terminé, avec des erreurs pour certaines personnes";
    failed: "Failed", "Fehlgeschlagen", "Ha fallado", "Échec";
    held_by_check: "Held by a safety check", "Von einer Sicherheitsprüfung angehalten", "Retenida por un control de seguridad", "Retenu par un contrôle de sécurité";
    credentials_refused: "Credentials refused", "Zugang verweigert", "Acceso rechazado", "Accès refusé";
    waits_for_approval: "Waits for approval", "Wartet auf Freigabe", "Espera aprobación", "Attend une approbation";
    stopped: "Stopped by a person", "Von einer Person gestoppt", "Detenida por una persona", "Arrêté par une personne";
    lost: "Given up: hosts failed while they worked on it", "Aufgegeben: Server fielen dabei aus", "Abandonado: los servidores fallaron", "Abandonné : des serveurs ont échoué";
    other_outcome: "Ended", "Beendet", "Terminada", "Terminé";

    // A job
    job_title: "{0} of {1}", "{0} von {1}", "{0} de {1}", "{0} de {1}";
    progress: "Progress", "Fortschritt", "Progreso", "Progression";
    progress_wait: "A host takes it up as soon as it can.", "Ein Server nimmt ihn auf, sobald er kann.", "Un servidor lo tomará en cuanto pueda.", "Un serveur le prendra dès que possible.";
    progress_of: "{0}: {1} of {2}", "{0}: {1} von {2}", "{0}: {1} de {2}", "{0} : {1} sur {2}";
    progress_lost: "The connection was lost. Reload the page to see how far it is.", "Die Verbindung ging verloren. Laden Sie die Seite neu, um den Stand zu sehen.", "Se ha perdido la conexión. Recargue la página para ver por dónde va.", "La connexion est perdue. Rechargez la page pour voir où il en est.";
    reload: "See how far it is now", "Den Stand jetzt ansehen", "Ver por dónde va ahora", "Voir où il en est";
    cancel: "Stop this job", "Diesen Auftrag stoppen", "Detener este trabajo", "Arrêter ce travail";
    cancel_hint: "What is in flight is finished; the rest is not begun.", "Was begonnen ist, wird beendet; der Rest wird nicht begonnen.", "Lo que está en curso se termina; el resto no se empieza.", "Ce qui est commencé se termine ; le reste n’est pas commencé.";
    see_plan: "See the plan", "Den Plan ansehen", "Ver el plan", "Voir le plan";
    see_run: "See what was done", "Ansehen, was getan wurde", "Ver lo que se hizo", "Voir ce qui a été fait";
    see_check: "See what was found", "Ansehen, was gefunden wurde", "Ver lo encontrado", "Voir ce qui a été trouvé";
    no_job_result: "It left nothing to look at.", "Er hat nichts zum Ansehen hinterlassen.", "No ha dejado nada que ver.", "Il n’a rien laissé à voir.";

    // A plan
    plan_title: "Plan {0}", "Plan {0}", "Plan {0}", "Plan {0}";
    plan_waiting: "Waits for your decision", "Wartet auf Ihre Entscheidung", "Espera su decisión", "Attend votre décision";
    plan_offered: "To look at", "Zum Ansehen", "Para ver", "À examiner";
    plan_approved: "Approved, not applied yet", "Freigegeben, noch nicht angewendet", "Aprobado, sin aplicar", "Approuvé, pas encore appliqué";
    plan_applied: "Applied", "Angewendet", "Aplicado", "Appliqué";
    plan_rejected: "Rejected", "Abgelehnt", "Rechazado", "Rejeté";
    plan_superseded: "Replaced", "Ersetzt", "Reemplazado", "Remplacé";
    plan_lapsed: "Lapsed", "Verfallen", "Caducado", "Expiré";
    plan_stale: "Out of date", "Veraltet", "Desactualizado", "Périmé";
    made: "Made", "Erstellt", "Hecho", "Créé";
    lapses: "Lapses", "Verfällt", "Caduca", "Expire";
    digest: "Digest (SHA-256)", "Prüfsumme (SHA-256)", "Huella (SHA-256)", "Empreinte (SHA-256)";
    digest_hint: "What you approve is applied exactly as it is here, once.", "Was Sie freigeben, wird genau so angewendet, einmal.", "Lo que apruebe se aplica exactamente así, una vez.", "Ce que vous approuvez est appliqué exactement ainsi, une fois.";
    nothing_applied: "Nothing of it is applied yet.", "Nichts davon ist bisher angewendet.", "Todavía no se ha aplicado nada.", "Rien n’en est encore appliqué.";
    offered_hint: "Nobody has to decide about it. The next sync closes it.", "Niemand muss darüber entscheiden. Der nächste Abgleich schließt ihn.", "Nadie tiene que decidir. La próxima sincronización lo cierra.", "Personne n’a à décider. La prochaine synchronisation le ferme.";
    empty_plan: "There is nothing to change: everybody is right as they are.", "Es gibt nichts zu ändern: Bei allen stimmt alles.", "No hay nada que cambiar: todo está bien.", "Il n’y a rien à changer : tout est en ordre.";
    decided_by: "By {0}, {1}", "Von {0}, {1}", "Por {0}, {1}", "Par {0}, {1}";
    replaced_by: "See the plan that took its place", "Den Plan ansehen, der an seine Stelle trat", "Ver el plan que lo reemplazó", "Voir le plan qui l’a remplacé";
    above_limits: "A safety check stops here", "Eine Sicherheitsprüfung greift", "Un control de seguridad lo detiene", "Un contrôle de sécurité s’y oppose";
    above_limits_hint: "Without a person’s decision none of this would be applied.", "Ohne die Entscheidung einer Person würde nichts davon angewendet.", "Sin la decisión de una persona no se aplicaría nada de esto.", "Sans la décision d’une personne, rien de cela ne serait appliqué.";
    stale_title: "This plan is out of date, and was not applied", "Dieser Plan ist veraltet und wurde nicht angewendet", "Este plan está desactualizado y no se aplicó", "Ce plan est périmé et n’a pas été appliqué";
    stale_remedy: "Make a new plan, and decide about that.", "Machen Sie einen neuen Plan und entscheiden Sie darüber.", "Haga un plan nuevo y decida sobre él.", "Faites un nouveau plan et décidez de celui-ci.";
    employees_read: "Employees in HiBob", "Beschäftigte in HiBob", "Empleados en HiBob", "Employés dans HiBob";
    accounts_read: "Accounts in TravelPerk", "Konten in TravelPerk", "Cuentas en TravelPerk", "Comptes dans TravelPerk";
    right_as_is: "Right as they are", "Richtig, wie sie sind", "Correctos tal cual", "Corrects tels quels";
    with_errors: "Left out, with errors", "Ausgelassen, mit Fehlern", "Omitidos, con errores", "Écartés, avec erreurs";
    changes: "Changes", "Änderungen", "Cambios", "Modifications";
    change_one: "{0} change", "{0} Änderung", "{0} cambio", "{0} modification";
    change_more: "{0} changes", "{0} Änderungen", "{0} cambios", "{0} modifications";
    everything: "All", "Alle", "Todos", "Tout";
    losing_account: "Would lose their account", "Würden ihr Konto verlieren", "Perderían su cuenta", "Perdraient leur compte";
    because: "Because", "Weil", "Porque", "Parce que";
    field: "Field", "Feld", "Campo", "Champ";
    before: "Before", "Vorher", "Antes", "Avant";
    after: "After", "Nachher", "Después", "Après";
    becomes: "becomes", "wird zu", "pasa a", "devient";
    empty: "(empty)", "(leer)", "(vacío)", "(vide)";
    stays: "stays, because HiBob has none", "bleibt, da HiBob keinen hat", "se queda, porque HiBob no tiene", "reste, car HiBob n’en a pas";
    employee_number: "Employee {0}", "Beschäftigte/r {0}", "Empleado {0}", "Employé {0}";
    account_number: "account {0}", "Konto {0}", "cuenta {0}", "compte {0}";
    filter: "Find on this page", "Auf dieser Seite suchen", "Buscar en esta página", "Chercher sur cette page";
    filter_hint: "A name, a number or a reason. It stays in your browser. The keys j and k go to the next one and to the one before.", "Ein Name, eine Nummer oder ein Grund. Es bleibt im Browser. Die Tasten j und k gehen weiter und zurück.", "Un nombre, un número o un motivo. No sale de su navegador. Las teclas j y k avanzan y retroceden.", "Un nom, un numéro ou une raison. Cela reste dans votre navigateur. Les touches j et k avancent et reculent.";
    filter_shown: "{0} of {1} shown", "{0} von {1} gezeigt", "{0} de {1} visibles", "{0} sur {1} affichés";
    shown_of: "{0} of {1} on this page", "{0} von {1} auf dieser Seite", "{0} de {1} en esta página", "{0} sur {1} sur cette page";
    next_page: "The next ones", "Die nächsten", "Los siguientes", "Les suivants";
    first_page: "From the beginning", "Von vorn", "Desde el principio", "Depuis le début";
    findings: "What a person should mend", "Was jemand beheben sollte", "Lo que alguien debería arreglar", "Ce qu’il faudrait corriger";
    kinds_of_changes: "Kinds of changes", "Arten von Änderungen", "Tipos de cambios", "Types de modifications";

    // Kinds of changes: as a heading, and as what a button does
    kind_archive: "Archive", "Archivieren", "Archivar", "Archiver";
    kind_reactivate: "Reactivate", "Reaktivieren", "Reactivar", "Réactiver";
    kind_create: "Create", "Anlegen", "Crear", "Créer";
    kind_adopt: "Take over", "Übernehmen", "Adoptar", "Reprendre";
    kind_update: "Update", "Ändern", "Actualizar", "Mettre à jour";
    kind_cost_center: "Create cost center", "Kostenstelle anlegen", "Crear centro de coste", "Créer un centre de coût";
    kind_restore_cost_center: "Restore cost center", "Kostenstelle wiederherstellen", "Restaurar centro de coste", "Rétablir un centre de coût";

    // Deciding
    decide: "Decide", "Entscheiden", "Decidir", "Décider";
    approve_one: "Apply {0} change", "{0} Änderung anwenden", "Aplicar {0} cambio", "Appliquer {0} modification";
    approve_more: "Apply {0} changes", "{0} Änderungen anwenden", "Aplicar {0} cambios", "Appliquer {0} modifications";
    approve_archive_one: "Archive {0} account", "{0} Konto archivieren", "Archivar {0} cuenta", "Archiver {0} compte";
    approve_archive_more: "Archive {0} accounts", "{0} Konten archivieren", "Archivar {0} cuentas", "Archiver {0} comptes";
    approve_and_one: "{0}, and {1} other change", "{0} und {1} weitere Änderung", "{0} y {1} cambio más", "{0} et {1} autre modification";
    approve_and_more: "{0}, and {1} other changes", "{0} und {1} weitere Änderungen", "{0} y {1} cambios más", "{0} et {1} autres modifications";
    accept_source: "Accept what HiBob sends", "Annehmen, was HiBob sendet", "Aceptar lo que envía HiBob", "Accepter ce qu’envoie HiBob";
    decides_as: "You decide as {0}.", "Sie entscheiden als {0}.", "Decide como {0}.", "Vous décidez en tant que {0}.";
    type_number: "This is above the limits. Type the number of changes, {0}, to say that you mean it.", "Das liegt über den Grenzen. Tippen Sie die Zahl der Änderungen, {0}, um zu sagen, dass Sie es meinen.", "Está por encima de los límites. Escriba el número de cambios, {0}, para confirmar que es lo que quiere.", "C’est au-dessus des limites. Tapez le nombre de modifications, {0}, pour dire que c’est voulu.";
    number_of_changes: "Number of changes", "Zahl der Änderungen", "Número de cambios", "Nombre de modifications";
    number_wrong: "The number that was typed is not that of the changes, so nothing was decided.", "Die getippte Zahl ist nicht die der Änderungen, deshalb wurde nichts entschieden.", "El número escrito no es el de los cambios, así que no se ha decidido nada.", "Le nombre tapé n’est pas celui des modifications ; rien n’a donc été décidé.";
    number_wrong_remedy: "Look at the numbers once more. If you mean it, type {0}.", "Sehen Sie die Zahlen noch einmal an. Wenn Sie es meinen, tippen Sie {0}.", "Mire los números otra vez. Si es lo que quiere, escriba {0}.", "Regardez encore les nombres. Si c’est voulu, tapez {0}.";
    proof: "Token, or a new link", "Token oder neuer Link", "Token o enlace nuevo", "Jeton, ou nouveau lien";
    proof_hint: "You signed in a while ago. Enter your token again, or the link that hibob console prints.", "Ihre Anmeldung liegt eine Weile zurück. Geben Sie den Token noch einmal ein oder den Link von hibob console.", "Inició sesión hace un rato. Introduzca de nuevo su token, o el enlace que muestra hibob console.", "Votre connexion date un peu. Saisissez de nouveau votre jeton, ou le lien qu’affiche hibob console.";
    proof_wrong: "This is neither the token of your session nor a link for you that still counts, so nothing was done.", "Das ist weder der Token Ihrer Sitzung noch ein Link für Sie, der noch gilt, deshalb wurde nichts getan.", "No es ni el token de su sesión ni un enlace suyo todavía válido, así que no se ha hecho nada.", "Ce n’est ni le jeton de votre session ni un lien à vous encore valable ; rien n’a donc été fait.";
    reject: "Reject this plan", "Diesen Plan ablehnen", "Rechazar este plan", "Rejeter ce plan";
    take_back: "Take the approval back", "Freigabe zurücknehmen", "Retirar la aprobación", "Retirer l’approbation";
    take_back_hint: "That is possible until a host begins to apply it.", "Das geht, bis ein Server mit dem Anwenden beginnt.", "Es posible hasta que un servidor empiece a aplicarlo.", "C’est possible jusqu’à ce qu’un serveur commence à l’appliquer.";
    reject_hint: "The next sync makes a new plan. If nothing has changed, it waits again.", "Der nächste Abgleich macht einen neuen Plan. Hat sich nichts geändert, wartet er wieder.", "La próxima sincronización hace un plan nuevo. Si nada ha cambiado, volverá a esperar.", "La prochaine synchronisation fera un nouveau plan. Si rien n’a changé, il attendra de nouveau.";
    only_read: "Your session may read plans, and not decide about them.", "Ihre Sitzung darf Pläne lesen, aber nicht darüber entscheiden.", "Su sesión puede leer planes, pero no decidir sobre ellos.", "Votre session peut lire les plans, mais pas en décider.";

    // A run
    run_title: "Run {0} of {1}", "Lauf {0} von {1}", "Ejecución {0} de {1}", "Exécution {0} de {1}";
    n_created: "Created", "Angelegt", "Creadas", "Créés";
    n_adopted: "Taken over", "Übernommen", "Adoptadas", "Repris";
    n_updated: "Updated", "Geändert", "Actualizadas", "Mis à jour";
    n_reactivated: "Reactivated", "Reaktiviert", "Reactivadas", "Réactivés";
    n_archived: "Archived", "Archiviert", "Archivadas", "Archivés";
    n_kept: "Right as they were", "Richtig, wie sie waren", "Correctas tal cual", "Corrects tels quels";
    n_failed: "With errors", "Mit Fehlern", "Con errores", "Avec erreurs";
    problems: "What to mend", "Was zu beheben ist", "Qué arreglar", "Ce qu’il faut corriger";
    problems_one: "{0} time", "{0} Mal", "{0} vez", "{0} fois";
    problems_more: "{0} times", "{0} Mal", "{0} veces", "{0} fois";
    no_problems: "Nothing has to be mended.", "Es ist nichts zu beheben.", "No hay nada que arreglar.", "Il n’y a rien à corriger.";
    repeat: "Sync again when it is mended", "Nach dem Beheben noch einmal abgleichen", "Sincronizar de nuevo cuando esté arreglado", "Synchroniser de nouveau une fois corrigé";
    what_was_done: "What was done", "Was getan wurde", "Lo que se hizo", "Ce qui a été fait";
    nothing_done: "Nothing was changed.", "Es wurde nichts geändert.", "No se ha cambiado nada.", "Rien n’a été changé.";
    rows_shown: "The first {0} of {1} rows are shown. The workbook has all of them.", "Die ersten {0} von {1} Zeilen werden gezeigt. Die Arbeitsmappe hat alle.", "Se muestran las primeras {0} de {1} filas. El libro las tiene todas.", "Les {0} premières lignes sur {1} sont affichées. Le classeur les contient toutes.";
    person: "Person", "Person", "Persona", "Personne";
    action: "Action", "Aktion", "Acción", "Action";
    workbook: "Workbook (.xlsx)", "Arbeitsmappe (.xlsx)", "Libro (.xlsx)", "Classeur (.xlsx)";
    workbook_of: "Workbook of run {0}", "Arbeitsmappe zu Lauf {0}", "Libro de la ejecución {0}", "Classeur de l’exécution {0}";
    approved_plan: "It applied the approved plan {0}.", "Er hat den freigegebenen Plan {0} angewendet.", "Aplicó el plan aprobado {0}.", "Elle a appliqué le plan approuvé {0}.";
    waits_plan: "Its plan waits for a decision: {0}.", "Sein Plan wartet auf eine Entscheidung: {0}.", "Su plan espera una decisión: {0}.", "Son plan attend une décision : {0}.";
    left_of_run: "{0} of {1} changes were made before it was stopped.", "{0} von {1} Änderungen waren gemacht, bevor er gestoppt wurde.", "Se hicieron {0} de {1} cambios antes de detenerla.", "{0} modifications sur {1} étaient faites avant l’arrêt.";
    resume: "Apply the rest", "Den Rest anwenden", "Aplicar el resto", "Appliquer le reste";
    abandon: "Leave the rest undone", "Den Rest nicht anwenden", "Dejar el resto sin hacer", "Laisser le reste";

    // The history
    history: "History", "Verlauf", "Historial", "Historique";
    history_of: "History of {0}", "Verlauf von {0}", "Historial de {0}", "Historique de {0}";
    from_day: "From", "Von", "Desde", "Du";
    until_day: "Until", "Bis", "Hasta", "Au";
    show_period: "Show", "Anzeigen", "Mostrar", "Afficher";
    period_wrong: "This is not a period.", "Das ist kein Zeitraum.", "Esto no es un periodo.", "Ce n’est pas une période.";
    period_wrong_remedy: "Enter days as year-month-day, the first not after the last.", "Geben Sie Tage als Jahr-Monat-Tag ein, den ersten nicht nach dem letzten.", "Escriba los días como año-mes-día, el primero no posterior al último.", "Saisissez les jours sous la forme année-mois-jour, le premier pas après le dernier.";
    no_runs_then: "Nothing ran in this period.", "In diesem Zeitraum lief nichts.", "En este periodo no se ejecutó nada.", "Rien n’a été exécuté pendant cette période.";
    times_in: "Times are in {0}.", "Zeiten sind in {0}.", "Las horas están en {0}.", "Les heures sont en {0}.";

    // References
    references: "References", "Referenzen", "Referencias", "Références";
    references_of: "References of {0}", "Referenzen von {0}", "Referencias de {0}", "Références de {0}";
    references_lead: "Who has left gets a signed reference of their employment, which anybody can verify.", "Wer ausgeschieden ist, erhält eine unterschriebene Referenz über die Beschäftigung, die jeder prüfen kann.", "Quien ha dejado la empresa recibe una referencia firmada de su empleo, que cualquiera puede verificar.", "Qui a quitté l’entreprise reçoit une référence signée de son emploi, que chacun peut vérifier.";
    references_none: "No reference was issued yet. The first run only records who works here; each later one issues for those who have left since.", "Es wurde noch keine Referenz ausgestellt. Der erste Lauf hält nur fest, wer hier arbeitet; jeder spätere stellt für die aus, die seitdem ausgeschieden sind.", "Todavía no se ha emitido ninguna referencia. La primera ejecución solo anota quién trabaja aquí; las siguientes emiten para quienes se han ido desde entonces.", "Aucune référence n’a encore été émise. La première exécution note seulement qui travaille ici ; les suivantes émettent pour ceux qui sont partis depuis.";
    references_off: "This tenant issues no references: its file has no [references].", "Dieser Mandant stellt keine Referenzen aus: Seine Datei hat kein [references].", "Este cliente no emite referencias: su archivo no tiene [references].", "Ce client n’émet pas de références : son fichier n’a pas de [references].";
    references_filter: "States of references", "Zustände von Referenzen", "Estados de las referencias", "États des références";
    references_here: "None is in this state.", "Keine ist in diesem Zustand.", "Ninguna está en este estado.", "Aucune n’est dans cet état.";
    reference_title: "Reference {0}", "Referenz {0}", "Referencia {0}", "Référence {0}";
    reference_issued: "Issued", "Ausgestellt", "Emitida", "Émise";
    reference_delivered: "Delivered", "Zugestellt", "Entregada", "Remise";
    reference_refused: "Delivery refused", "Zustellung abgelehnt", "Entrega rechazada", "Remise refusée";
    reference_revoked: "Revoked", "Widerrufen", "Revocada", "Révoquée";
    reference_superseded: "Replaced", "Ersetzt", "Sustituida", "Remplacée";
    reference_held: "Held", "Angehalten", "Retenida", "Retenue";
    reference_waived: "Waived", "Erlassen", "Descartada", "Abandonnée";
    until_last_day: "Last day {0}", "Letzter Tag {0}", "Último día {0}", "Dernier jour {0}";
    delivery: "Delivery", "Zustellung", "Entrega", "Remise";
    delivery_tries: "Tries: {0}", "Versuche: {0}", "Intentos: {0}", "Essais : {0}";
    delivery_next: "Next try", "Nächster Versuch", "Próximo intento", "Prochain essai";
    signed_with: "Key", "Schlüssel", "Clave", "Clé";
    without_reference: "Without a reference", "Ohne Referenz", "Sin referencia", "Sans référence";
    why_last_day: "The last day is not over at the site.", "Der letzte Tag ist am Standort noch nicht vorbei.", "El último día no ha terminado en el centro.", "Le dernier jour n’est pas terminé sur le site.";
    why_grace_time: "The grace time is not over (references.issue_after_hours).", "Die Wartezeit ist noch nicht vorbei (references.issue_after_hours).", "El plazo de gracia no ha terminado (references.issue_after_hours).", "Le délai de grâce n’est pas écoulé (references.issue_after_hours).";
    why_guard: "There were too many at once.", "Es waren zu viele auf einmal.", "Eran demasiadas a la vez.", "Il y en avait trop à la fois.";
    why_not_possible: "HiBob lacks something that a reference needs; the last run says what.", "In HiBob fehlt etwas, das eine Referenz braucht; der letzte Lauf sagt, was.", "En HiBob falta algo que la referencia necesita; la última ejecución dice qué.", "Il manque dans HiBob quelque chose dont la référence a besoin ; la dernière exécution dit quoi.";
    why_transfer: "Somebody who works here under another number has the same names and work email.", "Jemand, der hier unter einer anderen Nummer arbeitet, hat dieselben Namen und dieselbe dienstliche E-Mail.", "Alguien que trabaja aquí con otro número tiene los mismos nombres y correo de trabajo.", "Quelqu’un qui travaille ici sous un autre numéro a les mêmes noms et la même adresse professionnelle.";
    why_setting: "A setting has it wait for a person (references.hold_reasons, references.hold_types).", "Eine Einstellung lässt sie auf eine Person warten (references.hold_reasons, references.hold_types).", "Un ajuste la hace esperar a una persona (references.hold_reasons, references.hold_types).", "Un réglage la fait attendre une personne (references.hold_reasons, references.hold_types).";
    why_title: "The job title is another one than while the person worked here.", "Die Stellenbezeichnung ist eine andere als während der Beschäftigung.", "El cargo es distinto del que tenía mientras trabajaba aquí.", "La fonction est différente de celle pendant l’emploi.";
    why_waived: "Waived by {0}: {1}", "Erlassen von {0}: {1}", "Descartada por {0}: {1}", "Abandonnée par {0} : {1}";
    issue_references: "Issue references", "Referenzen ausstellen", "Emitir referencias", "Émettre des références";
    issue_choose: "Choose {0}", "{0} wählen", "Elegir {0}", "Choisir {0}";
    issue_numbers: "Others, by HiBob’s id, one in each line", "Weitere, nach Nummer in HiBob, eine je Zeile", "Otras, por número en HiBob, uno por línea", "D’autres, par numéro dans HiBob, un par ligne";
    issue_numbers_hint: "Such as those who had left before the first run. A reference cannot be recalled from a mailbox.", "Etwa für die, die vor dem ersten Lauf ausgeschieden waren. Eine Referenz lässt sich aus einem Postfach nicht zurückholen.", "Por ejemplo, quienes se habían ido antes de la primera ejecución. Una referencia no se puede retirar de un buzón.", "Par exemple ceux qui étaient partis avant la première exécution. Une référence ne peut pas être reprise d’une boîte.";
    issue_now: "Do not wait for the grace time", "Die Wartezeit nicht abwarten", "No esperar el plazo de gracia", "Ne pas attendre le délai de grâce";
    issue_button: "Issue", "Ausstellen", "Emitir", "Émettre";
    issue_nobody: "Nobody is chosen, or a line is no number of HiBob.", "Niemand ist gewählt, oder eine Zeile ist keine Nummer von HiBob.", "No se ha elegido a nadie, o una línea no es un número de HiBob.", "Personne n’est choisi, ou une ligne n’est pas un numéro de HiBob.";
    issue_nobody_remedy: "Choose somebody, or enter numbers, one in each line.", "Wählen Sie jemanden, oder geben Sie Nummern ein, eine je Zeile.", "Elija a alguien o escriba números, uno por línea.", "Choisissez quelqu’un, ou saisissez des numéros, un par ligne.";
    issue_above: "These are {0} references, and a run may issue {1} now. Above that it issues none, unless somebody allows it.", "Das sind {0} Referenzen, und ein Lauf darf jetzt {1} ausstellen. Darüber stellt er keine aus, wenn es niemand erlaubt.", "Son {0} referencias, y ahora una ejecución puede emitir {1}. Por encima no emite ninguna, si nadie lo permite.", "Cela fait {0} références, et une exécution peut en émettre {1} maintenant. Au-delà, elle n’en émet aucune, sauf si quelqu’un le permet.";
    hibob_number: "HiBob’s ids", "Nummern in HiBob", "Números en HiBob", "Numéros dans HiBob";
    issue_wrong: "The number that was typed is not that of the references, so nothing was issued.", "Die getippte Zahl ist nicht die der Referenzen, deshalb wurde nichts ausgestellt.", "El número escrito no es el de las referencias, así que no se ha emitido nada.", "Le nombre tapé n’est pas celui des références ; rien n’a donc été émis.";
    issue_number: "Number of references", "Zahl der Referenzen", "Número de referencias", "Nombre de références";
    issue_allow_one: "Issue {0} reference", "{0} Referenz ausstellen", "Emitir {0} referencia", "Émettre {0} référence";
    issue_allow_more: "Issue {0} references", "{0} Referenzen ausstellen", "Emitir {0} referencias", "Émettre {0} références";
    waive: "Waive", "Erlassen", "Descartar", "Abandonner";
    waive_hint: "This departure gets no reference, and no later run reports it. By name, it can still be issued.", "Zu diesem Ausscheiden gibt es keine Referenz, und kein späterer Lauf meldet es. Namentlich kann sie noch ausgestellt werden.", "Esta salida no tendrá referencia, y ninguna ejecución posterior la señala. Por nombre todavía se puede emitir.", "Ce départ n’aura pas de référence, et aucune exécution ultérieure ne le signale. Nommément, elle peut encore être émise.";
    deliver_now: "Deliver now", "Jetzt zustellen", "Entregar ahora", "Remettre maintenant";
    deliver_again: "Deliver again", "Noch einmal zustellen", "Entregar de nuevo", "Remettre de nouveau";
    deliver_hint: "It goes to the address that HiBob has now.", "Sie geht an die Adresse, die HiBob jetzt hat.", "Va a la dirección que HiBob tiene ahora.", "Elle va à l’adresse que HiBob a maintenant.";
    reference_pdf: "Reference (PDF)", "Referenz (PDF)", "Referencia (PDF)", "Référence (PDF)";
    reference_json: "Signed data (JSON)", "Unterschriebene Daten (JSON)", "Datos firmados (JSON)", "Données signées (JSON)";
    revoke: "Revoke this reference", "Diese Referenz widerrufen", "Revocar esta referencia", "Révoquer cette référence";
    revoke_hint: "It cannot be taken back. Everybody who verifies it sees it after the next publication, and the person is told the reason if it was delivered.", "Das lässt sich nicht zurücknehmen. Wer sie prüft, sieht es nach der nächsten Veröffentlichung, und die Person erfährt den Grund, falls sie zugestellt wurde.", "No se puede deshacer. Quien la verifique lo verá tras la próxima publicación, y la persona sabrá el motivo si se entregó.", "C’est sans retour. Qui la vérifie le voit après la prochaine publication, et la personne apprend la raison si elle avait été remise.";
    keys: "Keys and DNS", "Schlüssel und DNS", "Claves y DNS", "Clés et DNS";
    keys_of: "Keys of {0}", "Schlüssel von {0}", "Claves de {0}", "Clés de {0}";
    keys_lead: "Put the records of the key that signs, or will, into the DNS of {0}, as type TXT: one of the two is enough. Keep those of retired keys.", "Tragen Sie die Einträge des Schlüssels, der unterschreibt oder es wird, in das DNS von {0} ein, als Typ TXT: Einer der beiden genügt. Behalten Sie die von früheren Schlüsseln.", "Ponga en el DNS de {0} los registros de la clave que firma, o que firmará, como tipo TXT: basta uno de los dos. Conserve los de las claves retiradas.", "Mettez dans le DNS de {0} les enregistrements de la clé qui signe, ou signera, de type TXT : l’un des deux suffit. Gardez ceux des clés retirées.";
    keys_none: "There is no key yet. Whoever runs the host makes one: hibob references key new", "Es gibt noch keinen Schlüssel. Der Betreiber macht einen: hibob references key new", "Todavía no hay ninguna clave. La crea quien administra el servidor: hibob references key new", "Il n’y a pas encore de clé. L’exploitant en crée une : hibob references key new";
    keys_check: "Look in DNS now", "Jetzt im DNS nachsehen", "Mirar ahora en el DNS", "Regarder maintenant dans le DNS";
    keys_checked: "Looked up just now, by the resolver of the host.", "Gerade nachgesehen, mit dem Resolver des Servers.", "Consultado ahora mismo, con el resolutor del servidor.", "Consulté à l’instant, avec le résolveur du serveur.";
    key_signs: "Signs", "Unterschreibt", "Firma", "Signe";
    key_waits: "Does not sign yet", "Unterschreibt noch nicht", "Todavía no firma", "Ne signe pas encore";
    key_retired: "Retired", "Früherer", "Retirada", "Retirée";
    key_made: "Made", "Erstellt", "Creada", "Créée";
    dns_name: "Name", "Name", "Nombre", "Nom";
    dns_text: "Text of the TXT record", "Text des TXT-Eintrags", "Texto del registro TXT", "Texte de l’enregistrement TXT";
    dns_state: "In DNS", "Im DNS", "En el DNS", "Dans le DNS";
    dns_right: "As it should be", "Wie es sein soll", "Como debe ser", "Comme il faut";
    dns_absent: "Not there", "Nicht da", "No está", "Absent";
    dns_other: "Another text is there", "Ein anderer Text steht da", "Hay otro texto", "Un autre texte s’y trouve";
    dns_revoked: "Says that the key is revoked", "Sagt, dass der Schlüssel widerrufen ist", "Dice que la clave está revocada", "Dit que la clé est révoquée";
    dns_unreachable: "No answer", "Keine Antwort", "Sin respuesta", "Pas de réponse";

    // The timeline
    timeline: "What happened", "Was geschehen ist", "Qué ha pasado", "Ce qui s’est passé";
    timeline_of: "What happened to {0}", "Was bei {0} geschehen ist", "Qué ha pasado con {0}", "Ce qui s’est passé chez {0}";
    timeline_filter: "Kinds of events", "Arten von Ereignissen", "Tipos de sucesos", "Types d’événements";
    timeline_empty: "Nothing of this kind has happened yet.", "Noch ist nichts dieser Art geschehen.", "Todavía no ha pasado nada de este tipo.", "Rien de ce type ne s’est encore passé.";
    event_decision: "Decision", "Entscheidung", "Decisión", "Décision";
    event_plan: "Plan made", "Plan gemacht", "Plan hecho", "Plan fait";
    event_secret: "Secret", "Geheimnis", "Secreto", "Secret";
    event_enabling: "On and off", "An und aus", "Activación", "Activation";
    event_other: "Event", "Ereignis", "Suceso", "Événement";
    event_entered: "Entered", "Eingegeben", "Introducido", "Saisi";
    event_removed: "Removed", "Entfernt", "Eliminado", "Supprimé";
    event_rotated: "Encrypted anew", "Neu verschlüsselt", "Cifrado de nuevo", "Chiffré de nouveau";
    event_enabled: "Enabled", "Eingeschaltet", "Activada", "Activé";
    event_disabled: "Disabled", "Ausgeschaltet", "Desactivada", "Désactivé";
    event_issue: "To be issued by name", "Namentlich auszustellen", "Por emitir por nombre", "À émettre nommément";
    event_deliver: "To be delivered", "Zuzustellen", "Por entregar", "À remettre";
    event_published: "Published", "Veröffentlicht", "Publicado", "Publié";
    event_key_made: "Key made", "Schlüssel gemacht", "Clave creada", "Clé créée";
    event_key_rotated: "Another key signs", "Ein anderer Schlüssel unterschreibt", "Firma otra clave", "Une autre clé signe";
    event_key_revoked: "Key revoked", "Schlüssel widerrufen", "Clave revocada", "Clé révoquée";
    by_token: "with token {0}", "mit Token {0}", "con el token {0}", "avec le jeton {0}";

    // Lengths of time
    just_now: "just now", "gerade eben", "ahora mismo", "à l’instant";
    ago: "{0} ago", "vor {0}", "hace {0}", "il y a {0}";
    in_time: "in {0}", "in {0}", "dentro de {0}", "dans {0}";
    minute: "{0} minute", "{0} Minute", "{0} minuto", "{0} minute";
    minutes: "{0} minutes", "{0} Minuten", "{0} minutos", "{0} minutes";
    hour: "{0} hour", "{0} Stunde", "{0} hora", "{0} heure";
    hours: "{0} hours", "{0} Stunden", "{0} horas", "{0} heures";
    day: "{0} day", "{0} Tag", "{0} día", "{0} jour";
    days: "{0} days", "{0} Tagen", "{0} días", "{0} jours";

    // Fields of an account
    field_active: "Account is active", "Konto ist aktiv", "Cuenta activa", "Compte actif";
    field_user_name: "Work email", "Dienstliche E-Mail", "Correo de trabajo", "E-mail professionnel";
    field_given_name: "First name", "Vorname", "Nombre", "Prénom";
    field_family_name: "Last name", "Nachname", "Apellidos", "Nom";
    field_title: "Title", "Titel", "Cargo", "Fonction";
    field_phone: "Phone", "Telefon", "Teléfono", "Téléphone";
    field_language: "Language", "Sprache", "Idioma", "Langue";
    field_gender: "Gender", "Geschlecht", "Género", "Genre";
    field_date_of_birth: "Date of birth", "Geburtsdatum", "Fecha de nacimiento", "Date de naissance";
    field_country: "Country", "Land", "País", "Pays";
    field_cost_center: "Cost center", "Kostenstelle", "Centro de coste", "Centre de coût";
    field_company: "Company", "Gesellschaft", "Empresa", "Société";
    field_manager: "Line manager", "Vorgesetzte/r", "Responsable", "Responsable";
    field_approvers: "Approvers", "Genehmigende", "Aprobadores", "Approbateurs";
    field_external_id: "Employee number", "Beschäftigtennummer", "Número de empleado", "Numéro d’employé";
}
