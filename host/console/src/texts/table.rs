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
    english_parts: "What the rules say about people, plans and errors is in English.", "Was die Regeln über Personen, Pläne und Fehler sagen, ist auf Englisch.", "Lo que dicen las reglas sobre personas, planes y errores está en inglés.", "Ce que disent les règles sur les personnes, les plans et les erreurs est en anglais.";

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
    secrets_hint: "A secret is never shown. It is entered with hibob secret set, or by the API.", "Ein Geheimnis wird nie gezeigt. Es wird mit hibob secret set oder über die API eingegeben.", "Un secreto nunca se muestra. Se introduce con hibob secret set o por la API.", "Un secret n’est jamais montré. On le saisit avec hibob secret set ou par l’API.";
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
    disable_stays: "Nobody’s account changes. Settings, secrets, links between people and accounts, history and references stay as they are.", "Niemandes Konto ändert sich. Einstellungen, Geheimnisse, Zuordnungen, Verlauf und Zeugnisse bleiben, wie sie sind.", "No cambia la cuenta de nadie. Ajustes, secretos, vínculos entre personas y cuentas, historial y referencias siguen igual.", "Aucun compte ne change. Réglages, secrets, liens entre personnes et comptes, historique et références restent tels quels.";
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
    job_references: "References", "Zeugnisse", "Referencias", "Références";
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
    proof_wrong: "This is neither the token of your session nor a link for you that still counts, so nothing was decided.", "Das ist weder der Token Ihrer Sitzung noch ein Link für Sie, der noch gilt, deshalb wurde nichts entschieden.", "No es ni el token de su sesión ni un enlace suyo todavía válido, así que no se ha decidido nada.", "Ce n’est ni le jeton de votre session ni un lien à vous encore valable ; rien n’a donc été décidé.";
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
